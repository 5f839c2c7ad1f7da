import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { openSocketPlatform, type RemotePlatform } from "../../../src/main/remote-platform.ts";
import type { Home } from "../../fixtures/command-line.ts";

const START_MS = 60_000;

export type KillableServer = AsyncDisposable & {
  readonly platform: RemotePlatform;
  /** SIGKILL, and resolves when the process is gone. */
  readonly kill: () => Promise<void>;
};

/** A server of this home, in a process of its own, ready for requests. */
export async function startServer(home: Home): Promise<KillableServer> {
  const child = home.start(["serve", "--engine", "docker"]);
  const closed = once(child, "close");
  await listening(child);
  const platform = await openSocketPlatform(join(home.path, "run", "moorage.sock"));
  if (platform === undefined) throw new Error("The server does not answer.");
  const end = async (signal: "SIGKILL" | "SIGTERM"): Promise<void> => {
    child.kill(signal);
    await closed;
    await platform[Symbol.asyncDispose]();
  };
  return { platform, kill: () => end("SIGKILL"), [Symbol.asyncDispose]: () => end("SIGTERM") };
}

async function listening(child: ChildProcess): Promise<void> {
  const { stderr, stdout } = child;
  if (stderr === null || stdout === null) throw new Error("The server has no pipes.");
  stdout.resume();
  let told = "";
  const ready = Promise.withResolvers<void>();
  stderr.on("data", (chunk: Buffer) => {
    told += chunk.toString();
    if (told.includes("Listening on")) ready.resolve();
  });
  child.once("close", (code) => ready.reject(new Error(`The server ended with ${code}: ${told}`)));
  const timer = setTimeout(() => ready.reject(new Error(`The server does not listen: ${told}`)), START_MS);
  await ready.promise.finally(() => clearTimeout(timer));
}
