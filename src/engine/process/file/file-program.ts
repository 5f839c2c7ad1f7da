import { Socket } from "node:net";
import type { Readable, Writable } from "node:stream";
import { throwIfCanceled } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import { DESCRIPTORS } from "../launch/descriptors.ts";
import { enforcedLimits, type EngineParts } from "../engine-parts.ts";
import type { FileEnd } from "./file-errors.ts";
import { launch, type Launched } from "../launch/launch.ts";
import { socketOf, wholeText } from "../launch/launch-sockets.ts";
import type { LiveRun } from "../run/live-runs.ts";
import { resourceLimits } from "../host/resource-limits.ts";
import { launchLabel } from "../launch/running-launchers.ts";
import { prepareWorkspace } from "../run/unit-run.ts";
import { unitFileArguments } from "../unit/unit-surroundings.ts";
import type { Unit } from "../unit/unit-store.ts";

/** A script at work on a unit's files, as the unit's user, in namespaces of its own. */
export type FileProgram = {
  readonly stdout: Readable;
  readonly stdin: Writable;
  /** Its exit code and what it complained about. */
  readonly ended: Promise<FileEnd>;
  readonly kill: () => void;
};

export type FileWish = {
  readonly unit: Unit;
  readonly script: string;
  readonly args: readonly string[];
  readonly withStdin?: boolean;
  /** Milliseconds; two minutes when absent. */
  readonly deadlineMs?: number;
  /** Directory that is seen as the workspace, where it is not the unit's. */
  readonly shown?: string;
};

const LOOK_MS = 120_000;
/** For what takes as long as there is to be copied. */
export const TRANSFER_MS = 3_600_000;
const MIB = 1024 * 1024;
/** For tar and find, which need little: they are not the unit's programs and do not count towards its limits. */
const LIMITS = { memoryBytes: 512 * MIB, cpus: 1, pids: 64 };
const MAX_COMPLAINT_BYTES = 16 * 1024;

export async function startFileProgram(parts: EngineParts, wish: FileWish, signal?: AbortSignal): Promise<FileProgram> {
  const { host, groups } = parts;
  const { unit, script, args } = wish;
  const { workspace, user, limits } = unit.record;
  await prepareWorkspace(parts, unit);
  // What is uploaded into memory is the unit's memory.
  const entered = workspace.type === "memory" ? groups?.unit(unit.id) : undefined;
  await entered?.prepare(limits);
  const launched = await launch(
    {
      host,
      user,
      unitDirectory: unit.directory,
      ...(workspace.type === "host" ? { hostWorkspace: workspace.path } : {}),
      entrances: entered?.memoryEntrances() ?? [],
      resourceLimits: resourceLimits(host.descriptorLimit, LIMITS, { ...enforcedLimits(undefined), memory: false }),
      label: launchLabel(unit.id, parts.identity),
      bubblewrap: unitFileArguments(host, unit, wish.shown),
      cwd: "/",
      command: ["/bin/sh", "-c", script, "moorage", ...args],
      stdin: wish.withStdin === true ? "pipe" : "ignore",
      stdout: "pipe",
      stderr: "pipe",
    },
    signal,
  );
  return begin(parts, { unit, launched, deadlineMs: wish.deadlineMs ?? LOOK_MS }, signal);
}

type Begun = { readonly unit: Unit; readonly launched: Launched; readonly deadlineMs: number };

function begin(
  parts: EngineParts,
  { unit, launched, deadlineMs }: Begun,
  signal: AbortSignal | undefined,
): FileProgram {
  const { child, kill } = launched;
  const complaints = wholeText(socketOf(child, DESCRIPTORS.stderr), MAX_COMPLAINT_BYTES);
  const deadline = AbortSignal.timeout(deadlineMs);
  const stop = AbortSignal.any([deadline, ...(signal === undefined ? [] : [signal])]);
  const end = async (): Promise<FileEnd> => {
    const { code } = await launched.ended;
    parts.live.delete(live);
    stop.removeEventListener("abort", kill);
    throwIfCanceled(signal);
    if (deadline.aborted) throw late(deadlineMs);
    return { code: code ?? -1, complaints: await complaints };
  };
  const ended = end();
  // Its reader asks for the end only after the output.
  ended.catch(() => undefined);
  const live: LiveRun = {
    unit: unit.id,
    // It is short, and half a file helps nobody.
    terminate: () => Promise.resolve(),
    kill: async () => {
      kill();
      await launched.ended;
    },
    release: () => child.unref(),
  };
  parts.live.add(live);
  stop.addEventListener("abort", kill, { once: true });
  if (stop.aborted) kill();
  launched.go();
  const stdin = child.stdin ?? new Socket();
  // A program that ends early closes its input; why it did is told by its end.
  stdin.on("error", () => undefined);
  return { stdout: socketOf(child, 1), stdin, ended, kill };
}

function late(deadlineMs: number): MoorageError {
  return new MoorageError("ENGINE_TIMEOUT", `A file operation did not end within ${deadlineMs} ms.`, {
    details: { deadlineMs },
  });
}
