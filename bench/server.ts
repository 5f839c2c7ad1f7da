import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { sleep } from "../src/base/deadline.ts";
import { locations, openSocketPlatform } from "../src/main/server.ts";
import type { Platform } from "../src/contracts/platform.ts";

/** The built command, as it is published. */
export const COMMAND = fileURLToPath(new URL("../dist/cli.js", import.meta.url));
const READY_MS = 120_000;
const SAMPLE_MS = 50;

export type BenchServer = AsyncDisposable & {
  readonly platform: Platform;
  /** Its MOORAGE_HOME. */
  readonly home: string;
  /** Resident memory now, MiB. */
  readonly memory: () => Promise<number>;
  /** The most resident memory while the work goes on, MiB. */
  readonly peakDuring: (work: () => Promise<void>) => Promise<number>;
};

/** `moorage serve` on Docker in a process of its own, with its state in `home`, and a client on its socket. */
export async function startServer(
  home: string,
  { listen = "none", ...settings }: { readonly listen?: string } & Readonly<Record<string, unknown>> = {},
): Promise<BenchServer> {
  await mkdir(home, { recursive: true, mode: 0o700 });
  await writeFile(join(home, "moorage.config.json"), JSON.stringify(settings), { mode: 0o600 });
  const env = { ...process.env, MOORAGE_HOME: home, MOORAGE_LOG: "warn", MOORAGE_LISTEN: listen };
  const child = spawn(process.execPath, [COMMAND, "serve", "--engine", "docker"], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  try {
    await firstLine(child);
    const platform = await openSocketPlatform(locations(env).socket);
    if (platform === undefined || child.pid === undefined) throw new Error("The server does not answer on its socket.");
    const memory = (): Promise<number> => residentMib(child.pid ?? 0);
    return {
      platform,
      home,
      memory,
      peakDuring: (work) => peakOf(memory, work),
      [Symbol.asyncDispose]: async () => {
        await platform[Symbol.asyncDispose]();
        await end(child);
      },
    };
  } catch (error) {
    await end(child);
    throw error;
  }
}

/** The server says that it is ready, on stderr or stdout. */
async function firstLine({ stdout, stderr }: ChildProcess): Promise<void> {
  const signal = AbortSignal.timeout(READY_MS);
  const lines = [stdout, stderr].flatMap((input) => (input === null ? [] : [createInterface({ input })]));
  await Promise.race(lines.map((each) => once(each, "line", { signal })));
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  child.kill("SIGTERM");
  await exited;
}

async function peakOf(memory: () => Promise<number>, work: () => Promise<void>): Promise<number> {
  let peak = await memory();
  const ended = new AbortController();
  const sampling = (async () => {
    while (!ended.signal.aborted) {
      peak = Math.max(peak, await memory());
      await sleep(SAMPLE_MS, ended.signal);
    }
  })();
  await work().finally(() => ended.abort());
  await sampling;
  return peak;
}

async function residentMib(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, "utf8");
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? Number.NaN) / 1024;
}
