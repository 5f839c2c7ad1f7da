import { execFile } from "node:child_process";
import { once } from "node:events";
import { symlink, truncate, writeFile } from "node:fs/promises";
import { createServer, type AddressInfo } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { z } from "zod";
import { isMoorageError } from "../../src/base/errors.ts";
import { newId } from "../../src/base/ids.ts";
import { openDockerFixture, type DockerFixture } from "../../src/engine/docker/docker-fixture.ts";
import { asRoot } from "../../src/engine/docker/network/testing/as-root.ts";
import { openHome, type Home } from "../fixtures/command-line.ts";
import { removeImagesOf, written } from "../fixtures/factory-doors.ts";
import { PASSWORD, USER } from "../fixtures/registry/login.ts";
import { makeOwnImage, type OwnImage } from "../fixtures/registry/own-image.ts";
import { startSeededRegistry } from "../fixtures/registry/seeded-registry.ts";
import { startRegistry } from "../fixtures/registry/registry.ts";
import { startServer, type RunningServer } from "../fixtures/running-server.ts";
import { expectUntold, spellings } from "../fixtures/untold.ts";

const run = promisify(execFile);
const LONG = 120_000;
const SLOW_MS = 3_000;
const WRONG = "battery staple";
const SECRETS = [...spellings(PASSWORD, USER), ...spellings(WRONG, USER)];
const Containers = z.array(z.object({ Command: z.string() }));

let opened: AsyncDisposableStack;
let docker: DockerFixture;
let home: Home;
let own: OwnImage;
let server: RunningServer;
let hosts: Readonly<Record<Kind, string>>;
let told = "";

type Kind = "denied" | "untrusted" | "unreachable" | "slow";
type Told = { readonly code: string; readonly message: string; readonly hint: string | null };

async function failure(work: Promise<unknown>): Promise<Told> {
  const error = await work.then(
    (value) => Promise.reject(new Error(`It went well: ${JSON.stringify(value)}`)),
    (reason: unknown) => reason,
  );
  if (!isMoorageError(error)) throw error;
  const { code, message, hint, details } = error;
  told += JSON.stringify({ code, message, hint, details });
  return { code, message, hint };
}

/** What each way to a registry tells of one that cannot be used. */
const WAYS = {
  pull: (host: string) =>
    failure(Array.fromAsync(server.sdk.image.pull({ reference: `${host}/team/busybox:1`, timeoutMs: SLOW_MS }))),
  push: (host: string) => {
    const input = { reference: own.reference, to: `${host}/team/own:1`, timeoutMs: SLOW_MS };
    return failure(Array.fromAsync(server.sdk.image.push(input)));
  },
  export: async (host: string): Promise<Told> => {
    const input = { images: { web: own.reference }, registry: host, timeoutMs: SLOW_MS };
    const last = (await Array.fromAsync(server.sdk.image.export(input))).at(-1);
    told += JSON.stringify(last);
    const failed = last?.type === "result" ? last.result.failed["web"]?.failure : undefined;
    return failed ?? { code: "none", message: "", hint: null };
  },
  build: (host: string) => {
    const files = { Dockerfile: `FROM ${host}/team/busybox:1\n` };
    // A registry that does not answer is tried three times, with pauses in between.
    const timeoutMs = host === hosts.unreachable ? 10 * SLOW_MS : SLOW_MS;
    return failure(Array.fromAsync(server.sdk.image.build({ files, tag: "unbuilt", timeoutMs })));
  },
} as const;
type Way = keyof typeof WAYS;

const name = (way: Way, host: string): string =>
  ({ push: `${host}/team/own:1`, export: `${host}/demo-web:latest` })[way as string] ?? `${host}/team/busybox:1`;
const verb = (way: Way): "pull" | "push" => (way === "pull" || way === "build" ? "pull" : "push");

/** The code, the beginning of the message, and the hint. */
function expected(kind: Kind, way: Way, host: string): readonly [string, string, string] {
  const to = verb(way);
  switch (kind) {
    case "denied":
      return [
        "REGISTRY_DENIED",
        `The registry ${host} does not let the user "ann" ${to} ${name(way, host)}: `,
        "Check the user, the password or token, and what they may do there; docs/registries.md tells where they are looked for.",
      ];
    case "untrusted":
      return [
        "REGISTRY_UNTRUSTED",
        `The engine does not trust the registry ${host}: `,
        `Put its CA at /etc/docker/certs.d/${host}/ca.crt on the engine's host; one that has expired is for the registry to renew.`,
      ];
    case "unreachable":
      return [
        "IMAGE_UNAVAILABLE",
        `The image ${name(way, host)} cannot be ${to}ed, as its registry does not answer: `,
        to === "pull"
          ? "The registry did not answer: check the network, or use an image that is on this machine already."
          : "Check the network of the engine's host, and try again.",
      ];
    case "slow":
      if (way === "build") {
        return [
          "BUILD_TIMED_OUT",
          "Building agent-env:unbuilt did not end within 3 s.",
          "Give it more time with --timeout, or look for a step that waits for ever.",
        ];
      }
      return [
        "IMAGE_UNAVAILABLE",
        `${name(way, host)} was not ${to}ed within ${SLOW_MS} ms.`,
        "Give it more time with --timeout, or look whether its registry answers.",
      ];
  }
}

const isThere = async (reference: string): Promise<boolean> =>
  (await docker.engine.images?.find(reference)) !== undefined;

// The engine is given a CA in /etc.
asRoot(() => {
  beforeAll(async () => {
    opened = new AsyncDisposableStack();
    docker = opened.use(openDockerFixture());
    home = opened.use(await openHome());
    opened.defer(() => removeImagesOf(home));
    const denied = opened.use(await startSeededRegistry({ login: "basic", tls: "trusted" }));
    const untrusted = opened.use(await startRegistry({ login: "basic", tls: "unknown" }));
    const silent = createServer().listen(0, "127.0.0.1");
    opened.defer(() => void silent.close());
    await once(silent, "listening");
    hosts = {
      denied: denied.host,
      untrusted: untrusted.host,
      unreachable: "127.0.0.1:1",
      slow: `127.0.0.1:${(silent.address() as AddressInfo).port}`,
    };
    const profile = { username: USER, passwordEnv: "THE_WORD" };
    const registries = Object.fromEntries(Object.values(hosts).map((host) => [host, profile]));
    const configuration = { registries, build: { allowedRegistries: ["*"] } };
    server = opened.use(await startServer(home, { configuration, env: { THE_WORD: WRONG, MOORAGE_LOG: "debug" } }));
    own = opened.use(await makeOwnImage(home));
  }, LONG);
  afterAll(() => opened.disposeAsync());

  describe.each<Kind>(["denied", "untrusted", "unreachable", "slow"])("a registry that is %s", (kind) => {
    it.each(Object.keys(WAYS) as Way[])(
      "is told by image %s with what to do, and nothing is left",
      { timeout: LONG },
      async (way) => {
        const host = hosts[kind];
        const { code, message, hint } = await WAYS[way](host);
        const [wantedCode, beginning, wantedHint] = expected(kind, way, host);
        expect({ code, message: message.slice(0, beginning.length), hint }).toEqual({
          code: wantedCode,
          message: beginning,
          hint: wantedHint,
        });
        for (const reference of [name(way, host), "agent-env:unbuilt"]) expect(await isThere(reference)).toBe(false);
        const { items } = await server.sdk.image.list({});
        expect(items.map(({ reference }) => reference)).toEqual([own.reference]);
      },
    );
  });

  it(
    "no password was told in any answer, error, log, record or receipt, right or wrong",
    { timeout: LONG },
    async () => {
      const { sdk } = server;
      const builds = await sdk.image.builds({});
      const exports = await sdk.image.exports({});
      expect(builds.items.length + exports.items.length).toBeGreaterThan(1);
      const logs = [
        ...(await Promise.all(builds.items.map(({ buildId }) => sdk.image.logs({ ref: buildId })))),
        ...(await Promise.all(exports.items.map(({ exportId }) => sdk.image.exportLog({ exportId })))),
      ];
      const receipts = await Array.fromAsync(sdk.receipt.export({}));
      await expectUntold(SECRETS, home, told, server.told(), JSON.stringify([builds, exports, logs, receipts]));
      // What is no secret is found by the same search.
      await expect(expectUntold([hosts.denied], home)).rejects.toThrow("to deeply equal");
    },
  );
});

describe("a build", { timeout: LONG }, () => {
  it("that never ends is ended at its deadline, and leaves no container and no image", async () => {
    await using mine = await openHome();
    const word = newId();
    const tag = `agent-env:never-${word}`;
    const path = await written(mine, { Dockerfile: `FROM busybox:latest\nRUN : ${word}; sleep 600\n` });
    const { code, stdout, stderr } = await mine.moorage(["image", "build", path, "--tag", tag, "--timeout", "5"]);
    expect({ code, stdout }).toEqual({ code: 1, stdout: "" });
    expect(stderr).toContain(
      `error: Building ${tag} did not end within 5 s.\n` +
        "hint: Give it more time with --timeout, or look for a step that waits for ever.\n",
    );
    await using fixture = openDockerFixture();
    const query = { all: "1" };
    const all = await fixture.api.json({ method: "GET", path: "/containers/json", query }, Containers);
    expect(all.filter(({ Command }) => Command.includes(word))).toEqual([]);
    expect(await fixture.engine.images?.find(tag)).toBeUndefined();
    await mine.moorage(["image", "prune"]);
  });

  it.each([
    ["a heredoc", "FROM busybox:1\nRUN <<EOF\nFROM evil.example/a\nEOF\n", "line 2, unsupported: "],
    ["lines that go on", "FR\\\nOM \\\n# FROM busybox:1\n evil.example/a:1\n", "line 1, base-registry: "],
    ["lower case", "from evil.example/a:1\n", "line 1, base-registry: "],
    ["arguments", "ARG A=evil\nARG B=$A.example/a:1\nFROM ${B}\n", "line 3, base-registry: "],
    ["a secret's name", "FROM busybox:1\nARG DB_PASSWORD=battery\n", "line 2, secret-in-env: "],
  ])("is refused whatever its Dockerfile tries: %s", async (_what, Dockerfile, words) => {
    await using mine = await openHome();
    const path = await written(mine, { Dockerfile });
    const check = await mine.moorage(["image", "build", path, "--check"]);
    expect(check).toMatchObject({ code: 1, stderr: expect.stringMatching(/^ {2}fix: /m) as string });
    const refused = await mine.moorage(["image", "build", path]);
    expect(refused).toMatchObject({ code: 1, stdout: "" });
    expect(refused.stderr).toContain(`error: The Dockerfile must not be built: ${words}`);
    expect(refused.stderr).toMatch(/^hint: /m);
    for (const { stdout, stderr } of [check, refused]) expect(stdout + stderr).not.toContain("battery");
    expect(JSON.parse((await mine.moorage(["image", "builds", "--json"])).stdout)).toMatchObject({ items: [] });
  });

  it("by a policy that only warns tells of a secret's name in ENV and ARG, and not its value", async () => {
    await using mine = await openHome();
    const Dockerfile = "FROM busybox:latest\nARG API_TOKEN=battery\nENV DB_PASSWORD=staple\n";
    const path = await written(mine, { Dockerfile });
    const env = { MOORAGE_BUILD_POLICY: "warn" };
    const tag = `agent-env:warned-${newId()}`;
    const built = await mine.moorage(["image", "build", path, "--tag", tag], { env });
    expect(built).toMatchObject({ code: 0, stdout: `${tag}\n` });
    const words = "by its name is a secret, and has a value that stays in the image.";
    expect(built.stderr).toContain(`! Dockerfile:2 warning secret-in-env: ARG "API_TOKEN" ${words}\n  fix: `);
    expect(built.stderr).toContain(`! Dockerfile:3 warning secret-in-env: ENV "DB_PASSWORD" ${words}\n  fix: `);
    const { stdout } = await mine.moorage(["image", "builds", "--json"]);
    expect(stdout).toContain(`line 3, secret-in-env: ENV \\"DB_PASSWORD\\" ${words}`);
    expect(stdout).not.toMatch(/battery|staple/);
    await mine.moorage(["image", "rm", tag]);
    await mine.moorage(["image", "prune"]);
  });
});

// Devices are made by root.
asRoot(() => {
  describe("a directory that no image can be built from", { timeout: LONG }, () => {
    it("is refused with each link out of it, device and name that is not UTF-8", async () => {
      await using mine = await openHome();
      const path = await written(mine, { Dockerfile: "FROM busybox:latest\nCOPY . /\n" });
      await symlink("/etc", join(path, "etc"));
      await run("mknod", [join(path, "null"), "c", "1", "3"]);
      await writeFile(Buffer.concat([Buffer.from(`${path}/caf`), Buffer.from([0xe9])]), "content");
      for (const command of [
        ["image", "build", path],
        ["context", "create", path],
      ]) {
        expect(await mine.moorage(command)).toMatchObject({
          code: 2,
          stdout: "",
          stderr: [
            "error: The build context has what no image can be built from: " +
              '"caf\uFFFD" has a name that is not UTF-8; "null" is a device; "etc" is a link to "/etc", which leads out of it.',
            "hint: Remove it, make a link relative to where it is, or leave it out by a line in `.dockerignore`.",
            "",
          ].join("\n"),
        });
      }
    });

    it("is refused with a file of 5 GB before it is read", async () => {
      await using mine = await openHome();
      const path = await written(mine, { Dockerfile: "FROM busybox:latest\nCOPY . /\n", huge: "" });
      await truncate(join(path, "huge"), 5e9);
      const { code, stdout, stderr } = await mine.moorage(["image", "build", path]);
      expect({ code, stdout }).toEqual({ code: 2, stdout: "" });
      expect(stderr).toBe(
        "error: The build context has a file of 4.7 GiB; at most 1 GiB are allowed. Largest: huge (4.7 GiB), Dockerfile (29 B).\n" +
          "hint: Leave out what the image does not need by lines in `.dockerignore`, or raise build.context.maxFileBytes in moorage.config.json.\n",
      );
    });
  });
});
