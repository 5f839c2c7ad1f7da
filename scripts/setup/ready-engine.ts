import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { joinDockerGroup } from "./docker-access.ts";
import { defaultEngineFiles, startByServiceManager, startDockerd } from "./docker-engine.ts";
import { formatEngineHost, type EngineAddress } from "./engine-http.ts";
import { engineVersion, findEngine } from "./engine-presence.ts";
import { APPARMOR, BUBBLEWRAP, DOCKER_ENGINE } from "./needed-packages.ts";
import { ensurePackages } from "./packages.ts";
import type { Say } from "./say.ts";

/** What stands between this script and a working engine. */
export type ReadyEngine =
  | { kind: "ready"; address: EngineAddress; stop: () => Promise<void> }
  /** The script has to be started again by this command to be allowed in. */
  | { kind: "reenter"; argv: [string, ...string[]] }
  /** The reader was told why, and what to do. */
  | { kind: "impossible" };

export interface ReadyOptions {
  say: Say;
  signal: AbortSignal;
}

/** Finds the engine that is there, else installs and starts one. One that was there already is left alone. */
export async function readyEngine(options: ReadyOptions): Promise<ReadyEngine> {
  const there = await reachEngine(options);
  if (there !== undefined) return there;
  if (process.env["DOCKER_HOST"]) {
    options.say.fail(
      `no engine answers at DOCKER_HOST=${process.env["DOCKER_HOST"]}`,
      "start it, or unset DOCKER_HOST",
    );
    return { kind: "impossible" };
  }
  if (process.platform !== "linux") {
    options.say.fail("no Docker Engine answers", "start Docker Desktop, and run this again");
    return { kind: "impossible" };
  }
  return installAndStart(options);
}

async function installAndStart(options: ReadyOptions): Promise<ReadyEngine> {
  const { say, signal } = options;
  const reason = "the tests need a Docker Engine and bubblewrap";
  const needed = [DOCKER_ENGINE, APPARMOR, BUBBLEWRAP];
  if (!(await ensurePackages(needed, { command: "test", reason, say, signal }))) return { kind: "impossible" };
  const installed = await reachEngine(options);
  if (installed !== undefined) return installed;
  if (await startByServiceManager()) {
    const served = await reachEngine(options);
    if (served !== undefined) return served;
  }
  return startOurOwn(options);
}

async function reachEngine({ say, signal }: ReadyOptions): Promise<ReadyEngine | undefined> {
  const found = await findEngine(process.env, signal);
  if (found === undefined) return undefined;
  const { address, presence } = found;
  if (presence === "denied") {
    const argv = await joinDockerGroup({ command: "test", say, signal });
    return argv === undefined ? { kind: "impossible" } : { kind: "reenter", argv };
  }
  say.ok(`Docker Engine ${await engineVersion(address, signal)} answers at ${formatEngineHost(address)}`);
  return { kind: "ready", address, stop: () => Promise.resolve() };
}

async function startOurOwn({ say, signal }: ReadyOptions): Promise<ReadyEngine> {
  const directory = await mkdtemp(join(tmpdir(), "moorage-dockerd-"));
  const logFile = join(directory, "dockerd.log");
  say.step(`starting dockerd (log: ${logFile})`);
  const engine = await startDockerd({ files: defaultEngineFiles(logFile), signal });
  say.ok(`Docker Engine ${await engineVersion(engine.address, signal)} started, process ${engine.pid}`);
  const stop = async () => {
    await engine[Symbol.asyncDispose]();
    await rm(directory, { recursive: true, force: true });
    say.ok(`Docker Engine stopped, process ${engine.pid}`);
  };
  return { kind: "ready", address: engine.address, stop };
}
