import { MoorageError } from "../../base/errors.ts";
import { formatBytes } from "../../base/quantities.ts";
import type { Encoding, RunEvent as Event, RunResult } from "../../contracts/types.ts";
import { EXIT } from "../exit-codes.ts";
import type { Session } from "../invocation.ts";

/** Passes on what a program prints, as it prints it, and ends with its exit code. */
export async function followRun(
  events: AsyncIterable<unknown>,
  session: Session,
  onStarted: (runId: string) => void = () => undefined,
): Promise<number> {
  const warned = new Set<string>();
  let result: RunResult | undefined;
  for await (const raw of events) {
    const event = knownEvent(raw);
    if (event?.type === "started") onStarted(event.runId);
    if (event?.type === "result") result = event.result;
    else if (event !== undefined) await pass(event, session, warned);
  }
  if (result === undefined) throw new MoorageError("ENGINE_FAILED", "The run ended without a result.");
  return result.status === "running" ? goesOn(result, session) : conclude(result, session, warned);
}

/** A run in the background: its id is the result. */
async function goesOn(result: RunResult, { ui, globals }: Session): Promise<number> {
  await ui.out(globals.json ? `${JSON.stringify(result)}\n` : `${result.runId}\n`);
  if (!globals.json) await ui.note(`it goes on; follow it with \`moorage runs attach ${result.runId}\`.`);
  return EXIT.ok;
}

const KNOWN_TYPES: ReadonlySet<unknown> = new Set<Event["type"]>([
  ...(["progress", "warning", "started", "stdout", "stderr", "gap", "result"] as const),
]);

/** An event that this version knows; a newer server may send others, which are not for it. */
function knownEvent(raw: unknown): Event | undefined {
  const known = typeof raw === "object" && raw !== null && "type" in raw && KNOWN_TYPES.has(raw.type);
  return known ? (raw as Event) : undefined;
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
    case "gap":
      return ui.note(`${event.bytes} bytes of this output were not kept.`);
    case "started":
      return undefined;
  }
}

function bytesOf({ data, encoding }: { readonly data: string; readonly encoding: Encoding }): Uint8Array {
  return Buffer.from(data, encoding);
}

async function conclude(result: RunResult, { ui, io, globals }: Session, warned: ReadonlySet<string>): Promise<number> {
  for (const warning of result.warnings) if (!warned.has(warning)) await ui.warning(warning);
  for (const { text, hint } of failures(result)) await ui.error(text, hint);
  if (globals.json) await ui.out(`${JSON.stringify(result)}\n`);
  if (result.status === "canceled" && io.signal.aborted) return EXIT.interrupted;
  return result.timedOut ? EXIT.deadline : (result.exitCode ?? EXIT.notRun);
}

type Failure = { readonly text: string; readonly hint?: string };

function failures({ timedOut, oomKilled, exitCode, limits, status, reason }: RunResult): readonly Failure[] {
  const told: Failure[] = [];
  if (timedOut) {
    const hint = "Give it more time with --timeout, if it does not hang.";
    told.push({ text: reason ?? "The deadline was reached.", hint });
  } else if (reason !== null) told.push({ text: reason });
  if (oomKilled) {
    const text = `memory limit of ${formatBytes(limits.memoryBytes)} reached; the kernel ended a process`;
    told.push({
      text,
      hint: "Give it more with --memory, a sandbox when it is created; files in the /tmp of a job count too.",
    });
  }
  if (exitCode === null && reason === null) {
    told.push({ text: `nobody saw how the program ended; the run is recorded as ${status}` });
  }
  return told;
}
