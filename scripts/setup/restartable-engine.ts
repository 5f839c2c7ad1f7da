import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { startDockerd, type StartedEngine } from "./docker-engine.ts";
import { removeMountedDirectory } from "./mounted-directory.ts";
import { privateEngineFiles } from "./private-engine.ts";
import { isAlive, killAndWait, listProcesses } from "./processes.ts";

/** An engine of a test's own that can be killed and come back with what it had. */
export interface RestartableEngine extends AsyncDisposable {
  socketPath: string;
  /** SIGKILL to the daemon; what runs in containers goes on, as after a crash. */
  kill: () => Promise<void>;
  /** It keeps its connections and takes new ones, and answers nothing; disposing it goes on. */
  stall: () => void;
  /** Starts it again on the same storage, and resolves when it answers. */
  restart: () => Promise<void>;
}

const START_MS = 60_000;
const GONE_MS = 20_000;

/** `args` are further arguments of dockerd. */
export async function restartableEngine(args: readonly string[] = []): Promise<RestartableEngine> {
  const given = await privateEngineFiles();
  const files = { ...given, args: [...given.args, ...args] };
  const start = (): Promise<StartedEngine> => startDockerd({ files, signal: AbortSignal.timeout(START_MS) });
  const helpers = async () => (await listProcesses()).filter(({ command }) => command.includes(files.execRoot));
  let engine = await start();
  return {
    socketPath: files.socket,
    kill: async () => {
      await killAndWait([engine.pid], GONE_MS);
      // Left behind, and in the way of the next one while a number still is in use, if only as a zombie's.
      for (const file of [files.pidFile, join(files.execRoot, "containerd/containerd.pid")]) {
        await rm(file, { force: true });
      }
    },
    stall: () => void process.kill(engine.pid, "SIGSTOP"),
    restart: async () => {
      engine = await start();
    },
    [Symbol.asyncDispose]: async () => {
      if (await isAlive(engine.pid)) process.kill(engine.pid, "SIGCONT");
      await engine[Symbol.asyncDispose]();
      // What a killed daemon had started belongs to nobody.
      for (let turn = 0; turn < 3 && (await helpers()).length > 0; turn += 1) {
        const left = await helpers();
        await killAndWait(
          left.map(({ pid }) => pid),
          GONE_MS,
        );
        await delay(100);
      }
      await removeMountedDirectory(dirname(files.socket));
    },
  };
}
