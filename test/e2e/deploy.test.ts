import { spawn } from "node:child_process";
import { access, copyFile, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../src/base/ids.ts";
import { createClient } from "../../src/sdk/index.ts";
import { cloneInto } from "../fixtures/clone.ts";
import { finished, type Finished } from "../fixtures/command-line.ts";
import { resultOf } from "../fixtures/memory-domain.ts";

const BUILD_MS = 240_000;
const PATIENCE_MS = 60_000;
const LOOK_MS = 250;

const tag = newId();
const BASE = `moorage-test/base:${tag}`;
const IMAGE = `moorage-test/server:${tag}`;

let clone: string;

beforeAll(async () => {
  clone = join(await mkdtemp(join(tmpdir(), "moorage-deploy-")), "clone");
  await cloneInto(clone);
  await ran(process.execPath, ["scripts/build.ts"], { cwd: clone });
  await makeBase();
  await ran(
    await builder(),
    ["build", "--quiet", "--file", "deploy/Dockerfile", "--build-arg", `BASE=${BASE}`, "--tag", IMAGE, "."],
    {
      cwd: clone,
      env: { DOCKER_BUILDKIT: "1" },
    },
  );
}, BUILD_MS);

afterAll(async () => {
  await run("docker", ["image", "rm", "--force", IMAGE, BASE]);
  await rm(join(clone, ".."), { recursive: true });
}, PATIENCE_MS);

describe("the image", () => {
  it("has the command alone, starts as nobody in particular, and says when it is well", async () => {
    const [image] = JSON.parse(await ran("docker", ["image", "inspect", IMAGE])) as {
      Config: Record<string, unknown>;
      Size: number;
    }[];
    const [base] = JSON.parse(await ran("docker", ["image", "inspect", BASE])) as { Size: number }[];
    expect(image?.Config).toMatchObject({
      User: "1000:1000",
      StopSignal: "SIGTERM",
      Volumes: { "/var/lib/moorage": {} },
    });
    expect(image?.Config).toHaveProperty("Healthcheck.Test");
    expect((image?.Size ?? Infinity) - (base?.Size ?? 0)).toBeLessThan(12 * 1024 ** 2);
    const program = "id -u; find /opt/moorage -name node_modules; stat -c '%u %a' /var/lib/moorage";
    const seen = await ran("docker", ["run", "--rm", "--entrypoint", "sh", IMAGE, "-c", program]);
    expect(seen).toBe("1000\n1000 700\n");
    expect(await ran("docker", ["run", "--rm", IMAGE, "--version"])).toMatch(/^\d+\.\d+\.\d+/);
  });
});

describe("the Compose file", () => {
  const project = `moorage-test-${tag}`;
  const compose = (...args: readonly string[]): Promise<string> =>
    ran("docker-compose", ["--file", join(clone, "deploy/compose.yaml"), "--project-name", project, ...args], {
      env: { MOORAGE_IMAGE: IMAGE, MOORAGE_PUBLISH: "127.0.0.1:" },
    });
  const ask = (...args: readonly string[]): Promise<Finished> =>
    run("docker", ["exec", `${project}_server_1`, ...args]);

  beforeAll(() => compose("up", "--detach", "--no-build"), BUILD_MS);
  afterAll(() => compose("down", "--volumes"), BUILD_MS);

  it("serves whoever has the key that its log shows, and runs programs on the engine", async () => {
    const key = await until(
      async () => /shown this once: (moorage_\S+)/.exec(await compose("logs", "--no-color", "server"))?.[1],
    );
    const url = `http://${(await compose("port", "server", "7070")).trim()}`;
    const sdk = createClient({ baseUrl: url, key });
    const { id } = await sdk.sandbox.create({ name: "lab", image: "busybox:latest" });
    expect(
      await resultOf(sdk.sandbox.exec({ id, command: ["sh", "-c", "echo ahoy; cat", "x"], stdin: "there" })),
    ).toMatchObject({
      exitCode: 0,
      stdout: "ahoy\nthere",
    });
    await sdk.sandbox.remove({ id });
    expect(await sdk.sandbox.list({})).toMatchObject({ items: [] });
    expect(await until(async () => (await health(`${project}_server_1`)) === "healthy" || undefined)).toBe(true);
  });

  it("gives the server the filtered socket alone, which it may open and not replace", async () => {
    const { stdout } = await ask(
      "sh",
      "-c",
      "id -u; ls /run/moorage-engine; ls /var/run/docker.sock; touch /run/moorage-engine/x",
    );
    expect(stdout).toBe("1000\ndocker.sock\n");
    const [server] = JSON.parse(await ran("docker", ["inspect", `${project}_server_1`])) as [
      { Mounts: { Destination: string }[] },
    ];
    expect(server.Mounts.map(({ Destination }) => Destination).toSorted()).toEqual([
      "/run/moorage-engine",
      "/var/lib/moorage",
    ]);
  });

  it.each([
    {
      what: "a container with the whole machine",
      ...{ method: "POST", path: "/containers/create?name=moorage-abcdefghij0123456789" },
      body: '{"Image":"busybox","HostConfig":{"Privileged":true,"Binds":["/:/host"],"PidMode":"host"}}',
    },
    {
      what: "a program in the filter",
      method: "POST",
      path: `/containers/${project}_engine_1/exec`,
      body: '{"Cmd":["sh"]}',
    },
    {
      what: "what others gave their containers",
      method: "GET",
      path: `/containers/${project}_engine_1/json`,
      body: "",
    },
    { what: "a swarm", method: "POST", path: "/swarm/init", body: "{}" },
  ])("the server cannot ask the engine for $what", async ({ method, path, body }) => {
    const headers = { "content-type": "application/json" };
    const call = JSON.stringify({ socketPath: "/run/moorage-engine/docker.sock", method, path, headers });
    const { stdout } = await ask(
      ...["node", "-e"],
      `require("http").request(${call}, async (answer) => console.log(answer.statusCode, (await answer.toArray()).join("")))
        .end(${JSON.stringify(body)})`,
    );
    expect(stdout).toMatch(/^403 .*engine-proxy/);
  });

  it("stops in good time, and has its sandboxes when it starts again", async () => {
    await compose("stop", "server");
    const exit = ["inspect", "--format", "{{.State.ExitCode}}", `${project}_server_1`];
    expect(await ran("docker", exit)).toBe("0\n");
    await compose("start", "server");
    const logs = await until(async () => {
      const text = await compose("logs", "--no-color", "server");
      return text.split("Listening on http").length === 3 ? text : undefined;
    });
    expect(logs.match(/shown this once/g)).toHaveLength(1);
  });
});

type Wish = { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> };

function run(program: string, args: readonly string[], { cwd, env }: Wish = {}): Promise<Finished> {
  const child = spawn(program, args, { cwd, env: { ...process.env, ...env }, stdio: "pipe" });
  return finished(child, undefined, BUILD_MS);
}

async function ran(program: string, args: readonly string[], wish: Wish = {}): Promise<string> {
  const { code, stdout, stderr } = await run(program, args, wish);
  if (code === 0) return stdout;
  throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${stdout}${stderr}`);
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  const end = performance.now() + PATIENCE_MS;
  while (performance.now() < end) {
    const found = await look();
    if (found !== undefined) return found;
    await delay(LOOK_MS);
  }
  throw new Error("It did not come to it.");
}

async function health(container: string): Promise<string> {
  return (await ran("docker", ["inspect", "--format", "{{.State.Health.Status}}", container])).trim();
}

/** The first client that builds by BuildKit by itself; newer ones need a plugin for that. */
async function builder(): Promise<string> {
  for (const directory of (process.env["PATH"] ?? "").split(delimiter)) {
    const program = join(directory, "docker");
    if (
      !(await access(program).then(
        () => true,
        () => false,
      ))
    )
      continue;
    const { code, stdout } = await run(program, ["build", "--help"], { env: { DOCKER_BUILDKIT: "1" } });
    if (code === 0 && stdout.includes("--progress")) return program;
  }
  throw new Error("No docker client here builds by BuildKit: install docker-cli or docker-buildx.");
}

/** Stands in for the image of Node: Debian with the Node of this project. */
async function makeBase(): Promise<void> {
  const context = await mkdtemp(join(tmpdir(), "moorage-base-"));
  await copyFile(process.execPath, join(context, "node"));
  await writeFile(join(context, "Dockerfile"), "FROM debian:bookworm-slim\nCOPY node /usr/local/bin/node\n");
  await ran("docker", ["build", "--quiet", "--tag", BASE, context], { env: { DOCKER_BUILDKIT: "0" } });
  await rm(context, { recursive: true });
}
