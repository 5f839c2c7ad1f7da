import { throwIfCanceled } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import { silentLogger } from "../../base/logger.ts";
import type { Engine, EngineRun, RunSpec } from "../engine.ts";
import { diagnose } from "./diagnose/diagnose.ts";
import { openParts, type EngineParts, type ProcessEngineOptions } from "./engine-parts.ts";
import { createUnitFiles } from "./file/files.ts";
import { startJob } from "./run/jobs.ts";
import { createLifecycle } from "./unit/lifecycle.ts";
import { probe } from "./diagnose/probe.ts";
import { sweep } from "./unit/sweep.ts";
import { createUnit } from "./unit/unit-creation.ts";
import { unitInfo } from "./unit/unit-info.ts";
import { removeUnit } from "./unit/unit-removal.ts";
import { prepareWorkspace, startUnitRun } from "./run/unit-run.ts";
import { restrictions } from "./diagnose/warnings.ts";
import { createMeasuring } from "./unit/unit-stats.ts";

/**
 * Runs programs of this host in Linux namespaces, by bubblewrap, without Docker and without images.
 *
 * A sandbox is a directory tree; each run of it is a PID namespace of its own over the same workspace, so what a program
 * leaves running ends with it, and other runs are not seen. Its root is read-only but for /workspace, /tmp and $HOME,
 * which live and go with it. `capabilities` of a spec are not kept: programs have none. A job ends at once when the
 * process that started it ends, whatever ends that. Where control groups cannot be had, a watchdog ends what is over its
 * limit, and an end for memory is `oomKilled` too; `info` warns of it.
 */
export function createProcessEngine(options: ProcessEngineOptions): Engine {
  const logger = options.logger ?? silentLogger;
  const ready = onceItWorks(() => openParts(options, logger));
  const probed = onceItWorks(async () => void (await probe(await ready())));

  return {
    name: "process",
    isolation: "namespaces",
    info: async () => {
      const parts = await ready();
      await probed();
      const version = `bubblewrap ${parts.host.bubblewrapVersion}`;
      return { name: "process", isolation: "namespaces", version, warnings: restrictions(parts) };
    },
    diagnose: () => diagnose(ready),
    createSandbox: async (spec, signal) => {
      throwIfCanceled(signal);
      const parts = await ready();
      await probed();
      const unit = await createUnit(parts, options.labels, spec);
      try {
        await prepareWorkspace(parts, unit);
        throwIfCanceled(signal);
      } catch (error) {
        await removeUnit(parts, unit);
        throw error;
      }
    },
    ...createLifecycle(ready),
    startJob: async (spec, signal) => startJob(await ready(), { labels: options.labels, spec }, signal),
    exec: async (id, spec, signal) => exec(await ready(), { id, spec }, signal),
    // The kernel ends a run together with its Moorage, so none is ever lost; sweeping removes what it was kept in.
    endLost: async () => {
      await sweep(await ready());
      return false;
    },
    inspect: async (id) => {
      const { store } = await ready();
      const unit = await store.read(id);
      return unit === undefined ? undefined : unitInfo(store, unit);
    },
    list: async () => {
      const parts = await ready();
      await sweep(parts);
      const units = await parts.store.list();
      return Promise.all(units.map((unit) => unitInfo(parts.store, unit)));
    },
    ...KEEPS_NOTHING,
    remove: async (id) => {
      const parts = await ready();
      const unit = await parts.store.read(id);
      if (unit !== undefined) await removeUnit(parts, unit);
    },
    ...createMeasuring(ready),
    files: createUnitFiles(ready),
    [Symbol.asyncDispose]: async () => {
      const parts = await ready.begun()?.catch(() => undefined);
      for (const run of parts?.live.all() ?? []) run.release();
      await parts?.pipes[Symbol.asyncDispose]();
    },
  };
}

/** What a job prints is kept nowhere: it ends together with its reader. */
const KEEPS_NOTHING: Pick<Engine, "lastOutput" | "outputSince"> = {
  lastOutput: () => Promise.resolve([]),
  outputSince: () => Promise.resolve({ chunks: [], next: null, gap: false }),
};

async function exec(
  parts: EngineParts,
  { id, spec }: { readonly id: string; readonly spec: RunSpec },
  signal: AbortSignal | undefined,
): Promise<EngineRun> {
  throwIfCanceled(signal);
  refuseWhatItHasNot(spec);
  const unit = await parts.store.read(id);
  if (unit?.kind !== "sandbox" || (await parts.store.readHold(id)) !== undefined) throw notRunning(id);
  try {
    const run = await startUnitRun(parts, { unit, spec, onEnd: () => Promise.resolve() }, signal);
    if ((await parts.store.readHold(id)) === undefined) return run;
    await run.kill();
    throw notRunning(id);
  } catch (cause) {
    if ((await parts.store.readHold(id)) !== undefined) throw notRunning(id, cause);
    if ((await parts.store.read(id)) !== undefined) throw cause;
    // Groups may have been made for it after it was removed.
    await parts.groups?.unit(id).remove();
    throw notRunning(id, cause);
  }
}

function refuseWhatItHasNot({ user, tty }: RunSpec): void {
  const missing =
    user !== undefined ? `no other users than the sandbox's own, such as ${JSON.stringify(user)}` : "no terminals";
  if (user === undefined && tty === undefined) return;
  throw new MoorageError("ENGINE_UNSUPPORTED", `The process engine has ${missing}.`, {
    hint: "Leave it out, or use Docker with --engine docker.",
  });
}

function notRunning(id: string, cause?: unknown): MoorageError {
  return new MoorageError("SANDBOX_NOT_RUNNING", `There is no running sandbox ${id}.`, { cause, details: { id } });
}

type Once<T> = (() => Promise<T>) & { readonly begun: () => Promise<T> | undefined };

/** The work's result, done once; after a failure it is tried again by the next who asks. */
function onceItWorks<T>(work: () => Promise<T>): Once<T> {
  let going: Promise<T> | undefined;
  const ask = (): Promise<T> =>
    (going ??= work().catch((error: unknown) => {
      going = undefined;
      throw error;
    }));
  return Object.assign(ask, { begun: () => going });
}
