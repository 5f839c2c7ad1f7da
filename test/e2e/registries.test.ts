import { chmod, glob, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { once } from "node:events";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { asRoot } from "../../src/engine/docker/network/testing/as-root.ts";
import { openHome, type Finished, type Home } from "../fixtures/command-line.ts";
import { PASSWORD, USER } from "../fixtures/registry/login.ts";
import { makeOwnImage } from "../fixtures/registry/own-image.ts";
import { startSeededRegistry, type SeededRegistry } from "../fixtures/registry/seeded-registry.ts";
import { startServer } from "../fixtures/running-server.ts";

const LONG = { timeout: 120_000 };
const WRONG = "battery staple";
const basic = (password: string): string => Buffer.from(`${USER}:${password}`).toString("base64");
/** Every spelling in which a password of these tests could be told. */
const SECRETS = [PASSWORD, WRONG].flatMap((password) => [password, basic(password), encodeURIComponent(password)]);

type Source = {
  readonly configuration?: (home: Home, host: string, password: string) => Promise<object>;
  readonly env?: (host: string, password: string) => Readonly<Record<string, string>>;
  readonly docker?: (home: Home, host: string, password: string) => Promise<void>;
};

/** Where a login may lie. */
const SOURCES: Readonly<Record<string, Source>> = {
  "a profile with a file": {
    configuration: async (home, host, password) => {
      const passwordFile = join(home.path, "password");
      await writeFile(passwordFile, `${password}\n`, { mode: 0o600 });
      return { registries: { [host]: { username: USER, passwordFile } } };
    },
  },
  "a profile with a variable": {
    configuration: async (_home, host) => ({ registries: { [host]: { username: USER, passwordEnv: "THE_WORD" } } }),
    env: (_host, password) => ({ THE_WORD: password }),
  },
  DOCKER_REGISTRY: {
    env: (host, password) => ({ DOCKER_REGISTRY: host, DOCKER_USERNAME: USER, DOCKER_PASSWORD: password }),
  },
  ADDE_REGISTRY_URL: {
    env: (host, password) => ({
      ...{ ADDE_REGISTRY_URL: `https://${host}/v2/`, ADDE_REGISTRY_USERNAME: USER },
      ADDE_REGISTRY_PASSWORD: password,
    }),
  },
  "docker login": {
    docker: (home, host, password) => dockerConfig(home, { auths: { [host]: { auth: basic(password) } } }),
  },
  "a credential helper": {
    docker: async (home, host, password) => {
      const path = join(home.root, "docker-credential-e2e");
      await writeFile(path, `#!/bin/sh\necho '${JSON.stringify({ Username: USER, Secret: password })}'\n`);
      await chmod(path, 0o755);
      await dockerConfig(home, { credHelpers: { [host]: "e2e" } });
    },
  },
};

async function dockerConfig(home: Home, content: object): Promise<void> {
  await mkdir(join(home.root, "docker"), { recursive: true });
  await writeFile(join(home.root, "docker", "config.json"), JSON.stringify(content));
}

/** Runs `moorage image pull` with a login in one place and no other, and finds it told nowhere. */
async function pull(source: Source, registry: SeededRegistry, password: string): Promise<readonly Finished[]> {
  await using home = await openHome();
  const { host, reference } = registry;
  await mkdir(home.path, { recursive: true, mode: 0o700 });
  const configuration = (await source.configuration?.(home, host, password)) ?? {};
  await writeFile(join(home.path, "moorage.config.json"), JSON.stringify(configuration));
  await dockerConfig(home, {});
  await source.docker?.(home, host, password);
  const env = {
    ...{ DOCKER_CONFIG: join(home.root, "docker"), PATH: `${home.root}:${process.env["PATH"]}` },
    ...{ MOORAGE_LOG: "debug", ...source.env?.(host, password) },
  };
  const argv = ["image", "pull", reference];
  const ran = [await home.moorage(argv, { env }), await home.moorage([...argv, "--json"], { env })];
  for (const { stdout, stderr } of ran) for (const secret of SECRETS) expect(stdout + stderr).not.toContain(secret);
  await expectNoSecretIn(home.path);
  return ran;
}

/** All that Moorage has written, but for the file that it was given. */
async function expectNoSecretIn(directory: string): Promise<void> {
  const files = await Array.fromAsync(glob("**/*", { cwd: directory, withFileTypes: true }));
  const written = files.filter((file) => file.isFile() && file.name !== "password");
  expect(written.length).toBeGreaterThan(1);
  for (const file of written) {
    const text = await readFile(join(file.parentPath, file.name), "latin1");
    for (const secret of SECRETS) expect(text.includes(secret), file.name).toBe(false);
  }
}

// The engine is given a CA in /etc.
asRoot(() => {
  describe("a private registry over TLS", () => {
    let registry: SeededRegistry;

    beforeAll(async () => {
      registry = await startSeededRegistry({ login: "basic", tls: "trusted" });
    }, 60_000);
    afterAll(() => registry[Symbol.asyncDispose]());

    it.each(Object.entries(SOURCES))("lets in who has a login in %s", LONG, async (_name, source) => {
      const [first, second] = await pull(source, registry, PASSWORD);
      expect(first).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/) as string });
      expect(first?.stderr).toContain(`✔ Pulled ${registry.reference} (`);
      expect(second).toMatchObject({ code: 0, stdout: expect.stringContaining('"pulled":false') as string });
      await registry.forget();
    });

    it.each(Object.entries(SOURCES))(
      "denies who has a wrong one in %s, and tells it nowhere",
      LONG,
      async (...[, source]) => {
        const [first, second] = await pull(source, registry, WRONG);
        expect(first).toMatchObject({ code: 1, stdout: "" });
        expect(first?.stderr).toContain(
          `error: The registry ${registry.host} does not let the user "ann" pull ${registry.reference}: `,
        );
        expect(JSON.parse(second?.stdout.trim().split("\n").at(-1) ?? "")).toMatchObject({
          error: { code: "REGISTRY_DENIED" },
        });
      },
    );

    it("denies who has none, and says where one is looked for", LONG, async () => {
      const [first] = await pull({}, registry, PASSWORD);
      expect(first).toMatchObject({ code: 1, stdout: "" });
      expect(first?.stderr).toContain("without a login, and Moorage has none for it.");
      expect(first?.stderr).toContain(`Log in with \`docker login ${registry.host}\``);
    });

    it("takes a push, by who may, and is what comes back", LONG, async () => {
      await using home = await openHome();
      const { host } = registry;
      expect(await home.moorage(["image", "exists", "busybox", "--engine", "docker"])).toMatchObject({ code: 0 });
      await using own = await makeOwnImage(home);
      const target = `${host}/team/own-${own.word}:1.2`;
      const env = { MOORAGE_LOG: "debug", DOCKER_REGISTRY: host, DOCKER_USERNAME: USER };
      const argv = ["image", "push", own.reference, target];
      const wrong = await home.moorage(argv, { env: { ...env, DOCKER_PASSWORD: WRONG } });
      expect(wrong).toMatchObject({ code: 1, stdout: "" });
      expect(wrong.stderr).toContain(`error: The registry ${host} does not let the user "ann" push ${target}: `);
      const right = { env: { ...env, DOCKER_PASSWORD: PASSWORD } };
      const pushed = await home.moorage(argv, right);
      expect(pushed).toMatchObject({ code: 0, stdout: expect.stringMatching(/^sha256:[0-9a-f]{64}\n$/) as string });
      // The base is in the registry already, under another name.
      expect(pushed.stderr).toContain("; layers: 1 sent, 1 there).");
      const again = await home.moorage(argv, right);
      expect(again.stdout).toBe(pushed.stdout);
      expect(again.stderr).toContain("; layers: 0 sent, 2 there).");
      const whole = `${host}/team/own-${own.word}@${pushed.stdout.trim()}`;
      expect(await home.moorage(["image", "pull", whole], right)).toMatchObject({ code: 0, stdout: pushed.stdout });
      const ran = await home.moorage(["run", "--image", whole, "--", "cat", "/word"], right);
      expect(ran).toMatchObject({ code: 0, stdout: `${own.word}\n` });
      await own.forget(whole);
      const told = [wrong, pushed, again].map(({ stdout, stderr }) => stdout + stderr).join("");
      for (const secret of SECRETS) expect(told).not.toContain(secret);
      await expectNoSecretIn(home.path);
    });

    it("is used with what the server has, for its clients too, and no answer or log tells it", LONG, async () => {
      await using home = await openHome();
      const env = { DOCKER_REGISTRY: registry.host, DOCKER_USERNAME: USER, DOCKER_PASSWORD: PASSWORD };
      await using server = await startServer(home, { env: { ...env, MOORAGE_LOG: "debug" } });
      const image = registry.reference;
      const { sdk } = server;
      const events = await Array.fromAsync(sdk.job.run({ image, command: ["echo", "from the registry"] }));
      expect(events.at(-1)).toMatchObject({ result: { stdout: "from the registry\n", exitCode: 0 } });
      const receipts = await Array.fromAsync(sdk.receipt.export({}));
      for (const secret of SECRETS) {
        expect(JSON.stringify([events, receipts])).not.toContain(secret);
        expect(server.told()).not.toContain(secret);
      }
      await expectNoSecretIn(home.path);
      await registry.forget();
    });
  });
});

describe("a registry that never answers", () => {
  let silent: Server;
  beforeAll(async () => {
    silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
  });
  afterAll(() => {
    silent.close();
  });

  it("is given up at the deadline", LONG, async () => {
    await using home = await openHome();
    const address = silent.address();
    const port = typeof address === "object" ? address?.port : undefined;
    const reference = `127.0.0.1:${port}/team/app:1`;
    const ran = await home.moorage(["image", "pull", reference, "--timeout", "2s"]);
    expect(ran).toMatchObject({
      code: 1,
      stdout: "",
      stderr: [
        `error: ${reference} was not pulled within 2000 ms.`,
        "hint: Give it more time with --timeout, or look whether its registry answers.\n",
      ].join("\n"),
    });
  });

  it("or that is not there, is told", LONG, async () => {
    await using home = await openHome();
    const ran = await home.moorage(["image", "pull", "127.0.0.1:1/team/app:1", "--json"]);
    expect(ran.code).toBe(1);
    expect(JSON.parse(ran.stdout)).toMatchObject({
      error: {
        code: "IMAGE_UNAVAILABLE",
        retry: true,
        message: expect.stringMatching(
          /^The image 127[.]0[.]0[.]1:1\/team\/app:1 cannot be pulled, as its registry does not answer: .*refused/,
        ) as string,
      },
    });
  });
});

describe("what is set for registries", () => {
  it.each([
    [
      { registries: { "ghcr.io": { username: "ann" } } },
      "registries.ghcr.io: expected exactly one of passwordFile and passwordEnv",
    ],
    [
      { registries: { "ghcr.io": { username: "ann", passwordEnv: "A", passwordFile: "/b" } } },
      "registries.ghcr.io: expected exactly one of passwordFile and passwordEnv",
    ],
    [{ registries: { "ghcr.io": { passwordEnv: "A" } } }, "registries.ghcr.io: expected a username"],
    [{ registries: { "ghcr.io": { username: "ann", passwordFile: "b" } } }, "expected an absolute path"],
    [{ registries: { "ghcr.io": { username: "ann", password: "hunter2" } } }, "password"],
  ])("is refused where it is not whole: %j", async (configuration, words) => {
    await using home = await openHome();
    await writeFile(join(home.root, "moorage.config.json"), JSON.stringify(configuration));
    const { code, stderr } = await home.moorage(["image", "exists", "busybox"], { env: { CONFIG_DIR: home.root } });
    expect(code).toBe(2);
    expect(stderr).toContain(words);
    expect(stderr).not.toContain("hunter2");
  });
});
