import { spawn } from "node:child_process";
import { once } from "node:events";
import { access, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { openSocketPlatform, type RemotePlatform } from "../../src/main/remote-platform.ts";

const COMMAND = resolve(import.meta.dirname, "../../dist/cli.js");
const START_MS = 30_000;
const SAMPLE_MS = 50;
const MIB = 1024 * 1024;

export type ServerProcess = AsyncDisposable & {
  readonly platform: RemotePlatform;
  /** Resident memory now, MiB. */
  readonly memory: () => Promise<number>;
  /** The most resident memory while the work goes on, MiB. */
  readonly peakDuring: (work: () => Promise<void>) => Promise<number>;
};

/** The built server with a state of its own, in a process of its own, so that its memory is its alone. */
export async function startServerProcess(settings: object = {}): Promise<ServerProcess> {
  await access(COMMAND).catch((cause: unknown) => {
    throw new Error("There is no dist/cli.js to measure; run `npm run build` first.", { cause });
  });
  const home = await mkdtemp(join(tmpdir(), "moorage-load-"));
  await writeFile(join(home, "moorage.config.json"), JSON.stringify(settings));
  const env = { ...process.env, MOORAGE_HOME: home, MOORAGE_LOG: "error" };
  const child = spawn(process.execPath, [COMMAND, "serve", "--engine", "docker"], { env, stdio: "inherit" });
  const ended = once(child, "exit");
  const platform = await answering(join(home, "run", "moorage.sock"));
  const memory = (): Promise<number> => residentMib(child.pid ?? 0);
  return {
    platform,
    memory,
    peakDuring: (work) => peakOf(memory, work),
    [Symbol.asyncDispose]: async () => {
      await platform[Symbol.asyncDispose]();
      child.kill("SIGTERM");
      await ended;
      await rm(home, { recursive: true });
    },
  };
}

async function answering(socket: string): Promise<RemotePlatform> {
  const deadline = performance.now() + START_MS;
  for (;;) {
    const platform = await openSocketPlatform(socket);
    if (platform !== undefined) return platform;
    if (performance.now() > deadline) throw new Error("The server does not answer.");
    await new Promise((wake) => setTimeout(wake, SAMPLE_MS));
  }
}

async function peakOf(memory: () => Promise<number>, work: () => Promise<void>): Promise<number> {
  let peak = await memory();
  const ended = new AbortController();
  const sampling = (async () => {
    while (!ended.signal.aborted) {
      peak = Math.max(peak, await memory());
      await new Promise((wake) => setTimeout(wake, SAMPLE_MS));
    }
  })();
  await work().finally(() => ended.abort());
  await sampling;
  return peak;
}

async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  const [, kib = "0"] = /VmRSS:\s+(\d+) kB/.exec(status) ?? [];
  return (Number(kib) * 1024) / MIB;
}
