import { execFile } from "node:child_process";
import { chown, mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { once } from "node:events";
import { join, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { promisify } from "node:util";
import { pack } from "tar-stream";
import { describe, expect, it } from "vitest";
import { newId } from "../../src/base/ids.ts";
import type { DoctorReport } from "../../src/contracts/types.ts";
import { busyboxSandbox, finished, openHome, type Finished, type Home } from "../fixtures/command-line.ts";
import { openEngineProxy } from "../fixtures/engine-proxy.ts";

const run = promisify(execFile);
const GUIDE = resolve(import.meta.dirname, "../../docs/troubleshooting.md");
const NOBODY = 65_534;

/** The part of the guide below this heading. */
async function entry(heading: string): Promise<string> {
  const [, ...entries] = (await readFile(GUIDE, "utf8")).split(/^#{2,3} /m);
  const found = entries.find((each) => each.startsWith(`${heading}\n`));
  if (found === undefined) throw new Error(`docs/troubleshooting.md has no entry "${heading}".`);
  return found;
}

/** People are shown all of `patterns`, and the guide says that they are shown the first one. */
async function explained(heading: string, shown: Finished, patterns: readonly [RegExp, ...RegExp[]]): Promise<void> {
  for (const pattern of patterns) expect(shown.stderr).toMatch(pattern);
  expect(shown.stderr).not.toMatch(/^\s+at /m);
  const guide = await entry(heading);
  for (const part of [patterns[0], "**Cause.**", "**Fix.**"]) expect(guide).toMatch(part);
}

async function doctor(home: Home, args: readonly string[], env: Readonly<Record<string, string>> = {}) {
  const told = await home.moorage(["doctor", "--json", ...args], { env });
  const report = JSON.parse(told.stdout) as DoctorReport;
  return { code: told.code, report, of: (check: string) => report.findings.find((each) => each.check === check) };
}

/** Where Docker's socket would be, and a PATH on which this file is all that there is of Docker. */
async function withoutDocker(home: Home, programs: readonly string[]) {
  const path = join(home.root, "bin");
  await mkdir(path);
  for (const program of programs) await writeFile(join(path, program), "", { mode: 0o755 });
  return { PATH: path, DOCKER_HOST: `unix://${join(home.root, "docker.sock")}` };
}

const job = ["run", "--engine", "docker", "--", "true"];

describe("Docker is not installed", () => {
  it("is told by a run, with the package for this system", async () => {
    await using home = await openHome();
    const env = await withoutDocker(home, []);
    const shown = await home.moorage(job, { env });
    expect(shown.code).toBe(125);
    await explained("Docker is not installed", shown, [
      /error: Docker is not installed: /,
      /hint: Install it with `sudo /,
    ]);
  });

  it("is told by doctor, which does not run a sandbox", async () => {
    await using home = await openHome();
    const { code, report, of } = await doctor(home, ["--engine", "docker"], await withoutDocker(home, []));
    expect(code).toBe(1);
    expect(report.ok).toBe(false);
    expect(of("sandbox")).toMatchObject({ status: "failed", message: "Not checked: the engine does not work." });
    for (const { status, fix } of report.findings) expect(fix === null).toBe(status === "ok");
  });
});

describe("Docker does not answer", () => {
  it("because its socket is missing", async () => {
    await using home = await openHome();
    const env = await withoutDocker(home, ["dockerd"]);
    const shown = await home.moorage(job, { env });
    expect(shown.code).toBe(125);
    const symptom = /error: Docker does not answer at unix:\/\/\S+ \(ENOENT\)/;
    await explained("Docker does not answer", shown, [symptom, /hint: Start it with `sudo systemctl start docker`/]);
  });

  it("because nobody listens at its socket any more", async () => {
    await using home = await openHome();
    const env = await withoutDocker(home, ["dockerd"]);
    await abandonedSocket(join(home.root, "docker.sock"));
    const shown = await home.moorage(job, { env });
    const symptom = /error: Docker does not answer at unix:\/\/\S+ \(ECONNREFUSED\)/;
    await explained("Docker does not answer", shown, [symptom, /hint: Start it/]);
    const { report } = await doctor(home, ["--engine", "docker", "--preflight"], env);
    expect(report.findings.map(({ check, status }) => `${check} ${status}`)).toEqual([
      "engine.installed ok",
      "engine.answers failed",
      "engine.permission failed",
      "image failed",
      "sandbox failed",
    ]);
  });
});

describe("No permission", () => {
  it("to use the engine's socket is told with how to get it", async () => {
    await using home = await openHome();
    await using socket = await openEngineProxy(join(home.root, "docker.sock"), {
      mode: process.getuid?.() === 0 ? 0o660 : 0,
    });
    const shown = await asOrdinaryUser(home, job, socket.host);
    expect(shown.code).toBe(125);
    const symptom = /error: This user has no permission to use Docker's socket at unix:\/\/\S+\./;
    await explained("No permission to use Docker", shown, [symptom, /hint: .*`sudo usermod -aG docker \$USER`/]);
    const preflight = await asOrdinaryUser(home, ["doctor", "--preflight", "--engine", "docker"], socket.host);
    expect(preflight.code).toBe(1);
    expect(preflight.stdout).toMatch(/✖ engine\.permission: This user has no permission/);
    expect(preflight.stdout).toMatch(/✖ sandbox: Not checked: `engine\.permission` failed/);
  });
});

describe("A run", () => {
  it("that reached its deadline says after how long, and which container it was", async () => {
    await using home = await openHome();
    const args = ["run", "--engine", "docker", "--image", "busybox:latest", "--timeout", "1"];
    const shown = await home.moorage([...args, "--", "sleep", "30"]);
    expect(shown.code).toBe(124);
    await explained("The run reached its deadline", shown, [
      /error: The deadline of 1(?:20)? s was reached; the whole process tree in container moorage-[a-z0-9]{20} was ended\./,
      /hint: .*--timeout/,
    ]);
  });

  it("that needs more memory than it may have says so", async () => {
    await using home = await openHome();
    const args = ["run", "--engine", "docker", "--image", "busybox:latest", "--memory", "32m"];
    const shown = await home.moorage([...args, "--", "dd", "if=/dev/zero", "of=/dev/null", "bs=200M", "count=1"]);
    expect(shown.code).toBe(137);
    await explained("The run needs more memory", shown, [
      /error: memory limit of (?:32|512) MiB reached/,
      /hint: .*--memory/,
    ]);
  });

  it("has no network, and asking for one tells why", async () => {
    await using home = await openHome();
    const lookup = "import socket; socket.getaddrinfo('pypi.org', 443)";
    const shown = await home.moorage(["run", "--engine", "docker", "--", "python", "-c", lookup]);
    expect(shown.code).toBe(1);
    await explained("No connectivity", shown, [/Temporary failure in name resolution|Name or service not known/]);
    const asked = await home.moorage(["run", "--engine", "process", "--network", "open", "--", "true"]);
    expect(asked.code).toBe(125);
    await explained("No connectivity", asked, [
      /error: The network policy "open" cannot be enforced/,
      /hint: .*--network/,
    ]);
  });

  it("sees no files but those of its workspace", async () => {
    await using home = await openHome();
    const marker = join(home.root, "marker");
    await writeFile(marker, "of the host");
    const shown = await home.moorage(["run", "--engine", "docker", "--image", "busybox:latest", "--", "cat", marker]);
    expect(shown.code).toBe(1);
    await explained("Files are not visible", shown, [/No such file or directory/]);
    const outside = await home.moorage(["run", "--engine", "docker", "--workspace", "/etc", "--", "true"]);
    expect(outside.code).toBe(125);
    const notAllowed = /error: The workspace "\/\S+" is not in an allowed root; allowed: \//;
    await explained("Files are not visible", outside, [notAllowed, /hint: .*MOORAGE_WORKSPACE_ROOTS/]);
  });

  it("cannot lead a file operation out of its workspace", async () => {
    await using home = await openHome();
    const id = await busyboxSandbox(home);
    const shown = await home.moorage(["file", "read", "--engine", "docker", id, "../../etc/passwd"]);
    expect(shown.code).toBe(2);
    await explained("Files are not visible", shown, [
      /error: The path "\.\.\/\.\.\/etc\/passwd" is not allowed: /,
      /hint: .*inside the workspace/,
    ]);
  });
});

describe("An image", () => {
  it("that has no shell does not start, and the message says what it needs", async () => {
    await using home = await openHome();
    await using image = await imageWithoutShell(home);
    const shown = await home.moorage(["run", "--engine", "docker", "--image", image.reference, "--", "/hello"]);
    expect(shown.code).toBe(125);
    await explained("The container does not start", shown, [
      /error: The container did not start: .*\/bin\/sh/,
      /hint: .*\/bin\/sh/,
    ]);
    const { code, of } = await doctor(home, ["--engine", "docker"], { MOORAGE_IMAGE: image.reference });
    expect(code).toBe(1);
    expect(of("sandbox")).toMatchObject({ status: "failed" });
  });

  it("of the agent whose build fails leaves its log where the message says", async () => {
    await using home = await openHome();
    await using broken = await openEngineProxy(join(home.root, "docker.sock"), { intercept: await failingBuild() });
    const workspace = join(home.root, "workspace");
    await mkdir(workspace);
    const args = ["agent", "run", "--engine", "docker", "a1", "--workspace", workspace, "--", "true"];
    const shown = await home.moorage(args, { env: { DOCKER_HOST: broken.host } });
    expect(shown.code).toBe(125);
    const symptom = /error: The agent image could not be made: .*The whole build log: \/\S+\/docker-build\.log/s;
    await explained("The image build fails", shown, [symptom, /hint: .*end of that log/]);
    expect(await readFile(join(workspace, "docker-build.log"), "utf8")).toMatch(/the last words of the build/);
  });

  it("that nobody has is told with what to check", async () => {
    await using home = await openHome();
    const shown = await home.moorage([
      "run",
      "--engine",
      "docker",
      "--image",
      `moorage.invalid/${newId()}:1`,
      "--",
      "true",
    ]);
    expect(shown.code).toBe(125);
    await explained("The image is not there", shown, [
      /error: The image \S+:1 cannot be pulled, as its registry does not answer: /,
      /error: .*moorage\.invalid\/\w+:1/,
      /hint: .*registry/,
    ]);
  });
});

describe("moorage doctor", () => {
  it("is ok on Docker, and reads the limits inside a real container", async () => {
    await using home = await openHome();
    const { code, report, of } = await doctor(home, ["--engine", "docker"]);
    expect(report.findings.filter(({ status }) => status === "failed")).toEqual([]);
    expect([code, report.ok, report.engine]).toEqual([0, true, "docker"]);
    for (const check of ["memory", "pids", "cpus"]) {
      expect(of(`sandbox.${check}`)).toMatchObject({
        message: expect.stringMatching(/read inside from \/sys/) as string,
      });
    }
    for (const policy of ["internal", "allow", "open"]) {
      expect(of(`network.${policy}`)?.message).toMatch(/reached none|is refused here/);
    }
    expect(of("system.disk")?.message).toMatch(/where the engine keeps images and containers/);
    expect(of("system.clock")?.message).toMatch(/the engine's host/);
    const people = await home.moorage(["doctor", "--engine", "docker"]);
    expect(people.stdout).toMatch(/^✔ sandbox\.rootfs: The root file system is read-only/m);
    expect(people.stdout).toMatch(/A sandbox can run here, on the docker engine\.\n$/);
  });

  it("is ok on the process engine, and says how it verified what cannot be seen from inside", async () => {
    await using home = await openHome();
    const { report, of } = await doctor(home, ["--engine", "process"]);
    expect(report.findings.filter(({ status }) => status === "failed")).toEqual([]);
    expect(report).toMatchObject({ ok: true, engine: "process" });
    for (const check of ["sandbox.memory", "sandbox.pids"]) {
      expect(of(check)?.message).toMatch(/Held at .* when a run tried to get more|read inside from/);
    }
  });

  it.each(["docker", "process"])("--preflight has five checks in their order on %s", async (engine) => {
    await using home = await openHome();
    const { code, report } = await doctor(home, ["--engine", engine, "--preflight"]);
    expect(code).toBe(0);
    const checks = ["engine.installed", "engine.answers", "engine.permission", "image", "sandbox"];
    expect(report.findings.map(({ check }) => check)).toEqual(checks);
  });

  it("warns of a socket that everybody may use", async () => {
    await using home = await openHome();
    await using socket = await openEngineProxy(join(home.root, "docker.sock"), { mode: 0o666 });
    const { code, of } = await doctor(home, ["--engine", "docker"], { DOCKER_HOST: socket.host });
    expect(code).toBe(0);
    expect(of("engine.socket")).toMatchObject({ status: "warning" });
  });

  it("names every check in the guide", async () => {
    await using home = await openHome();
    const guide = await entry("What doctor names");
    const reports = await Promise.all([
      doctor(home, ["--engine", "docker"]),
      doctor(home, ["--engine", "process"]),
      doctor(home, ["--engine", "docker"], await withoutDocker(home, [])),
      doctor(home, ["--preflight"]),
    ]);
    const checks = new Set(reports.flatMap(({ report }) => report.findings.map(({ check }) => check)));
    expect([...checks].filter((check) => !guide.includes(`\`${check}\``))).toEqual([]);
  });
});

/** A socket file whose listener is gone, as a daemon that crashed leaves it. */
async function abandonedSocket(path: string): Promise<void> {
  const server = createServer();
  server.listen(`${path}.first`);
  await once(server, "listening");
  await rename(`${path}.first`, path);
  server.close();
  await once(server, "close");
}

/** Runs moorage as a user who may read this clone but use no socket of root's. */
async function asOrdinaryUser(home: Home, args: readonly string[], dockerHost: string): Promise<Finished> {
  if (process.getuid?.() !== 0) return home.moorage(args, { env: { DOCKER_HOST: dockerHost } });
  const state = join(home.root, "nobody");
  await mkdir(state, { recursive: true });
  await chown(state, NOBODY, NOBODY);
  const readAll = ["--inh-caps", "+dac_read_search", "--ambient-caps", "+dac_read_search"];
  const user = ["--reuid", String(NOBODY), "--regid", String(NOBODY), "--clear-groups", ...readAll];
  const moorage = resolve(import.meta.dirname, "../../bin/moorage");
  const env = { ...home.environment, MOORAGE_HOME: state, HOME: state, DOCKER_HOST: dockerHost };
  const child = execFile("/usr/bin/setpriv", [...user, "--", moorage, ...args], { env, cwd: "/" });
  return finished(child);
}

/** An image of one file that is no program: nothing in it can be started. */
async function imageWithoutShell(home: Home) {
  const reference = `moorage-test-${newId()}:1`;
  const tar = pack();
  tar.entry({ name: "hello", mode: 0o755 }, "nothing that a kernel runs");
  tar.finalize();
  const path = join(home.root, "image.tar");
  await writeFile(path, await buffer(tar));
  await run("docker", ["import", path, reference]);
  return {
    reference,
    [Symbol.asyncDispose]: async () => {
      await run("docker", ["rmi", "-f", reference]);
    },
  };
}

/** Lets the engine build something that fails instead of the agent's image, and hides one that was made before. */
async function failingBuild() {
  const context = pack();
  const dockerfile = "FROM busybox:latest\nRUN echo the last words of the build; exit 7\n";
  context.entry({ name: "Dockerfile" }, dockerfile);
  context.finalize();
  const tar = await buffer(context);
  return (head: string) => {
    const [method, target] = head.split(" ");
    if (method === "GET" && /\/images\/moorage-agent/.test(target ?? "")) {
      const body = '{"message":"no such image: moorage-agent"}';
      return { reply: `HTTP/1.1 404 Not Found\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}` };
    }
    if (method !== "POST" || !/\/build\?/.test(target ?? "")) return undefined;
    const lines = [
      `POST ${target} HTTP/1.1`,
      "Host: docker",
      "Content-Type: application/x-tar",
      `Content-Length: ${tar.length}`,
    ];
    return { request: Buffer.concat([Buffer.from(`${lines.join("\r\n")}\r\nConnection: close\r\n\r\n`), tar]) };
  };
}
