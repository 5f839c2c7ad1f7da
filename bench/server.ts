import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { createInterface } from "node:readline";
import { locations, openSocketPlatform } from "../src/main/server.ts";
import type { Platform } from "../src/contracts/platform.ts";

const CLI = fileURLToPath(new URL("../src/main/cli.ts", import.meta.url));
const READY_MS = 120_000;

export type BenchServer = AsyncDisposable & { readonly platform: Platform; readonly pid: number };

/** `moorage serve` on Docker in a process of its own, with its state in `home`, and a client on its socket. */
export async function startServer(home: string): Promise<BenchServer> {
  const env = { ...process.env, MOORAGE_HOME: home, MOORAGE_LOG: "warn" };
  const child = spawn(process.execPath, [CLI, "serve", "--engine", "docker"], {
    env,
    stdio: ["ignore", "pipe", "pipe"],
  });
  try {
    await firstLine(child);
    const platform = await openSocketPlatform(locations(env).socket);
    if (platform === undefined || child.pid === undefined) throw new Error("The server does not answer on its socket.");
    return {
      platform,
      pid: child.pid,
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
