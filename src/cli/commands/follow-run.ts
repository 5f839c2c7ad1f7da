import { MoorageError } from "../../base/errors.ts";
import { formatBytes, formatDuration } from "../../base/quantities.ts";
import { RunEvent } from "../../contracts/run.ts";
import type { Encoding, RunEvent as Event, RunResult } from "../../contracts/types.ts";
import { EXIT } from "../exit-codes.ts";
import type { Session } from "../invocation.ts";

/** Passes on what a program prints, as it prints it, and ends with its exit code. */
export async function followRun(events: AsyncIterable<unknown>, session: Session): Promise<number> {
  const warned = new Set<string>();
  let result: RunResult | undefined;
  for await (const raw of events) {
    // A newer server may send events that this version does not know: they are not for it.
    const event = RunEvent.safeParse(raw).data;
    if (event?.type === "result") result = event.result;
    else if (event !== undefined) await pass(event, session, warned);
  }
  if (result === undefined) throw new MoorageError("ENGINE_FAILED", "The run ended without a result.");
  return conclude(result, session, warned);
}

type OtherEvent = Exclude<Event, { type: "result" }>;

async function pass(event: OtherEvent, { ui, globals }: Session, warned: Set<string>): Promise<void> {
  switch (event.type) {
    case "stdout":
      return globals.json ? undefined : ui.out(bytesOf(event));
    case "stderr":
      return globals.json ? undefined : ui.err(bytesOf(event));
    case "progress":
      return ui.progress(event.message);
    case "warning":
      warned.add(event.message);
      return ui.warning(event.message);
    case "started":
      return undefined;
  }
}

function bytesOf({ data, encoding }: { readonly data: string; readonly encoding: Encoding }): Uint8Array {
  return Buffer.from(data, encoding);
}

async function conclude(result: RunResult, { ui, io, globals }: Session, warned: ReadonlySet<string>): Promise<number> {
  for (const warning of result.warnings) if (!warned.has(warning)) await ui.warning(warning);
  for (const failure of failures(result)) await ui.error(failure);
  if (globals.json) await ui.out(`${JSON.stringify(result)}\n`);
  if (result.status === "canceled" && io.signal.aborted) return EXIT.interrupted;
  return result.timedOut ? EXIT.deadline : (result.exitCode ?? EXIT.notRun);
}

function failures({ timedOut, oomKilled, exitCode, status, limits }: RunResult): readonly string[] {
  const told: string[] = [];
  if (timedOut) {
    const deadline = limits.timeoutMs === null ? "the deadline was" : `deadline of ${formatDuration(limits.timeoutMs)}`;
    told.push(`${deadline} reached; the process tree was ended`);
  }
  if (oomKilled) told.push(`memory limit of ${formatBytes(limits.memoryBytes)} reached; the kernel ended a process`);
  if (exitCode === null && !timedOut) told.push(`nobody saw how the program ended; the run is recorded as ${status}`);
  return told;
}
