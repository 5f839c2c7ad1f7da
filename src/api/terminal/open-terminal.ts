import type { WebSocket } from "ws";
import { MoorageError } from "../../base/errors.ts";
import type { Platform } from "../../contracts/platform.ts";
import { RunEvent } from "../../contracts/run.ts";
import type { RunEvent as Event } from "../../contracts/types.ts";
import { errorBody } from "../answers.ts";
import type { RequestRecord } from "../request-record.ts";
import type { StillAdmitted } from "../still-admitted.ts";
import { typedInput } from "./typed-input.ts";
import type { Upgraded } from "./upgrade.ts";

const NORMAL = 1000;
const GOING_AWAY = 1001;
const POLICY = 1008;
const INTERNAL = 1011;
/** A client that has answered no ping for so long is gone. */
const PING_MS = 30_000;

export type TerminalParts = {
  readonly run: Pick<Platform["run"], "input" | "resize" | "signal">;
  readonly record: RequestRecord;
  readonly start: (signal: AbortSignal) => AsyncIterable<unknown>;
  /** Aborts when the client's connection closes, at whatever time. */
  readonly left: AbortSignal;
  readonly stillAdmitted: StillAdmitted;
};

/** What was told until the run began, and what goes on telling. */
type Begun = { readonly runId: string; readonly told: readonly Event[]; readonly rest: AsyncIterator<unknown> };

/**
 * Starts the program and resolves once it runs, with what connects it to a WebSocket. What it prints is sent as bytes,
 * the other events as JSON text; `result` is the last. A client that leaves, or is shut out, ends what was started for
 * it.
 */
export async function openTerminal(parts: TerminalParts): Promise<Upgraded> {
  const { record, left } = parts;
  const failing = new AbortController();
  const over = AbortSignal.any([left, failing.signal]);
  const begun = await begin(parts.start(over));
  record.streaming = true;
  const abandoned = (): void => endUnseen(begun, record);
  left.addEventListener("abort", abandoned, { once: true });
  if (left.aborted) abandoned();
  return (socket) => {
    left.removeEventListener("abort", abandoned);
    record.status = 101;
    const stopPings = keepAlive(socket);
    const fail = (error: unknown): void => {
      tellFailure(socket, record, error);
      failing.abort(error);
    };
    typedInput(socket, { run: parts.run, runId: begun.runId, ended: over, fail });
    const stopAsking = parts.stillAdmitted(fail);
    void tell(socket, begun)
      .catch((error: unknown) => (left.aborted ? record.fail(error) : tellFailure(socket, record, error)))
      .finally(() => {
        stopPings();
        stopAsking();
        record.write();
      });
  };
}

async function begin(events: AsyncIterable<unknown>): Promise<Begun> {
  const rest = events[Symbol.asyncIterator]();
  const told: Event[] = [];
  for (;;) {
    const step = await rest.next();
    if (step.done === true) throw new MoorageError("INTERNAL", "The run ended before it began.");
    const event = RunEvent.parse(step.value);
    told.push(event);
    if (event.type === "started") return { runId: event.runId, told, rest };
  }
}

/** The connection closed before it was a WebSocket: the signal ends the run, and its end is waited for. */
function endUnseen({ rest }: Begun, record: RequestRecord): void {
  const drain = async (): Promise<void> => {
    while ((await rest.next()).done !== true);
  };
  void drain()
    .catch((error: unknown) => record.fail(error))
    .finally(() => record.write());
}

async function tell(socket: WebSocket, { told, rest }: Begun): Promise<void> {
  for (const event of told) await send(socket, event);
  for (;;) {
    const step = await rest.next();
    if (step.done === true) break;
    await send(socket, RunEvent.parse(step.value));
  }
  socket.close(NORMAL);
}

/** Resolves when it is on its way, so that a client that reads slowly slows the program down, and nothing piles up. */
function send(socket: WebSocket, event: Event): Promise<void> {
  const printed = event.type === "stdout" || event.type === "stderr";
  const data = printed ? Buffer.from(event.data, event.encoding) : JSON.stringify(event);
  return new Promise((resolve, reject) =>
    socket.send(data, (error) => (error === undefined || error === null ? resolve() : reject(error))),
  );
}

function tellFailure(socket: WebSocket, record: RequestRecord, thrown: unknown): void {
  const error = record.fail(thrown);
  socket.send(JSON.stringify({ type: "error", ...errorBody(record, error) }), () => undefined);
  socket.close(closeCode(error), error.code);
}

/** Whoever has left reads no code: what is canceled otherwise is by a server that stops. */
function closeCode({ code, row }: MoorageError): number {
  if (code === "CANCELED") return GOING_AWAY;
  return row.fault === "caller" ? POLICY : INTERNAL;
}

function keepAlive(socket: WebSocket): () => void {
  let answered = true;
  socket.on("pong", () => (answered = true));
  const timer = setInterval(() => {
    // While what was typed waits for the program, answers wait behind it.
    if (!answered && !socket.isPaused) return socket.terminate();
    answered = false;
    socket.ping();
  }, PING_MS);
  return () => clearInterval(timer);
}
