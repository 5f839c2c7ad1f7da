import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { startDockerd, type EngineFiles, type StartedEngine } from "./docker-engine.ts";
import { hasProgram } from "./packages.ts";
import { runProgram } from "./run-program.ts";

/** Registers tests where a second engine can be started: by root on Linux with dockerd. Elsewhere there are none. */
export async function withPrivateEngines(register: () => void): Promise<void> {
  if (process.platform === "linux" && process.getuid?.() === 0 && (await hasProgram("dockerd"))) register();
}

/**
 * An engine beside the machine's own, for tests. It gets a network namespace: an engine without a bridge removes the
 * default bridge, which in the machine's own namespace is that of the machine's engine.
 */
export async function privateEngineFiles(): Promise<EngineFiles & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), "moorage-engine-"));
  const data = join(directory, "data");
  return {
    socket: join(directory, "docker.sock"),
    pidFile: join(directory, "docker.pid"),
    execRoot: join(directory, "run"),
    logFile: join(directory, "docker.log"),
    args: ["--data-root", data, "--bridge", "none", "--iptables=false", "--ip6tables=false"],
    wrapper: ["unshare", "--net"],
    async [Symbol.asyncDispose]() {
      // An engine that fails to start leaves its data directory mounted on itself.
      await runProgram(["umount", data], { deadlineMs: 10_000 });
      await rm(directory, { recursive: true, force: true });
    },
  };
}

/** An empty engine of the test's own. */
export async function privateEngine(signal: AbortSignal): Promise<StartedEngine> {
  await using undo = new AsyncDisposableStack();
  const files = undo.use(await privateEngineFiles());
  const engine = undo.use(await startDockerd({ files, signal }));
  const kept = undo.move();
  return { ...engine, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}
