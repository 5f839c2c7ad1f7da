import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, chown, mkdir, mkdtemp, readFile, rm, stat, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, dirname, join, resolve } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { openUrlPlatform } from "../../src/main/remote-platform.ts";
import { resultOf } from "../fixtures/memory-domain.ts";

const run = promisify(execFile);
const DEPLOY = resolve(import.meta.dirname, "../../deploy");
const UNITS = ["moorage.service", "moorage-engine.service"] as const;
/** A user without any right to the engine's socket. */
const NOBODY = 61_234;
/** As systemd-analyze counts: 0 is all closed, 10 all open. */
const MOST_EXPOSED = 20;

describe.each(UNITS)("%s", (unit) => {
  const path = join(DEPLOY, unit);

  it("is a unit that systemd understands", async () => {
    const { stdout, stderr } = await run("systemd-analyze", ["verify", path]);
    expect(`${stdout}${stderr}`).not.toContain(unit);
  });

  it("is closed but for what it needs", async () => {
    const { stdout } = await run("systemd-analyze", ["security", "--offline=yes", `--threshold=${MOST_EXPOSED}`, path]);
    expect(stdout).toMatch(/Overall exposure level for .*: [01]\.\d OK/);
  });
});

// There is no systemd here that would start them: what it does for them (users, directories, environment) is done by hand.
describe("what the units start", () => {
  let root: string;
  let engine: Service;
  let server: Service;

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), "moorage-units-"));
    await chmod(root, 0o755);
    for (const name of ["bin", "state", "engine"]) await mkdir(join(root, name), { mode: 0o750 });
    await chmod(join(root, "bin"), 0o755);
    await chown(join(root, "engine"), 0, NOBODY);
    await chown(join(root, "state"), NOBODY, NOBODY);
    await chmod(join(root, "state"), 0o700);
    await symlink(resolve(DEPLOY, "../bin/moorage"), join(root, "bin/moorage"));
    engine = await startUnit("moorage-engine.service", root, ["--regid", String(NOBODY), "--clear-groups"]);
    const user = ["--reuid", String(NOBODY), "--regid", String(NOBODY), "--clear-groups"];
    server = await startUnit("moorage.service", root, [...user, "--no-new-privs", "--bounding-set=-all"]);
  }, 120_000);

  afterAll(async () => {
    await server.stop();
    await engine.stop();
    await rm(root, { recursive: true });
  });

  it("is a filter whose socket the server's group may open, and a server that runs programs through it", async () => {
    const { mode, gid } = await stat(join(root, "engine/docker.sock"));
    expect([mode & 0o777, gid]).toEqual([0o660, NOBODY]);
    const key = /shown this once: (moorage_\S+)/.exec(server.told())?.[1];
    await using sdk = openUrlPlatform(`unix://${join(root, "state/run/agent/agent.sock")}`, key);
    const { id } = await sdk.sandbox.create({ image: "busybox:latest" });
    expect(await resultOf(sdk.sandbox.exec({ id, command: ["echo", "ahoy"] }))).toMatchObject({ stdout: "ahoy\n" });
    await sdk.sandbox.remove({ id });
  });

  it("cannot open the engine's own socket as the server's user", async () => {
    const user = ["--reuid", String(NOBODY), "--regid", String(NOBODY), "--clear-groups"];
    const docker = run("setpriv", [...user, "docker", "--host", "unix:///var/run/docker.sock", "version"]);
    await expect(docker).rejects.toMatchObject({ stderr: expect.stringMatching(/permission denied/i) as string });
  });
});

type Service = { readonly told: () => string; readonly stop: () => Promise<void> };

/** Runs the line that the unit has, with its environment, and its directories elsewhere. */
async function startUnit(unit: string, root: string, rights: readonly string[]): Promise<Service> {
  const text = (await readFile(join(DEPLOY, unit), "utf8"))
    .replaceAll("/run/moorage-engine", join(root, "engine"))
    .replaceAll("/var/lib/moorage", join(root, "state"));
  const [line = ""] = valuesOf(text, "ExecStart");
  const environment = valuesOf(text, "Environment").flatMap((value) => value.split(" "));
  const PATH = [join(root, "bin"), dirname(process.execPath), "/usr/bin", "/bin"].join(delimiter);
  const env: Record<string, string> = { PATH, HOME: root, MOORAGE_LISTEN: "none" };
  for (const [name = "", value = ""] of environment.map((pair) => pair.split("="))) env[name] = value;
  const child = spawn("setpriv", [...rights, ...line.split(" ")], { env, cwd: "/", stdio: ["ignore", "pipe", "pipe"] });
  const closed = once(child, "close");
  let told = "";
  const ready = Promise.withResolvers<void>();
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (some: string) => {
      told += some;
      if (/shown this once: \S+\s|, for \/var\//.test(told)) ready.resolve();
    });
  }
  void closed.then(() => ready.reject(new Error(`${unit} ended: ${told}`)));
  await ready.promise;
  return {
    told: () => told,
    stop: async () => {
      child.kill("SIGTERM");
      const [code] = (await closed) as [number | null];
      if (code !== 0) throw new Error(`${unit} ended with ${code}: ${told}`);
    },
  };
}

function valuesOf(unit: string, name: string): readonly string[] {
  return [...unit.matchAll(new RegExp(`^${name}=(.*)$`, "gm"))].map(([, value = ""]) => value);
}
