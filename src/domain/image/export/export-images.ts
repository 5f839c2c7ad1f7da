import { Channel } from "../../../base/channel.ts";
import { isoTime } from "../../../base/clock.ts";
import { canceled } from "../../../base/deadline.ts";
import { asMoorageError, isMoorageError, MoorageError } from "../../../base/errors.ts";
import type { Export, ImageExportEvent, ImageExportInput, ImageExportResult } from "../../../contracts/types.ts";
import type { ExportRow } from "../../../store/store.ts";
import type { Call, DomainContext } from "../../context.ts";
import { recordExportReceipt } from "../../receipt/record-receipt.ts";
import { imagesOf } from "../images-of.ts";
import { exportView } from "./export-view.ts";
import { planExports, type PlannedExport } from "./plan-exports.ts";
import { pushExport } from "./push-export.ts";

/** The engine itself sends several layers of each at once. */
const AT_ONCE = 3;
const WAITING_EVENTS = 64;

/**
 * Pushes images and sandboxes of the caller's, a few services at once. One that fails keeps none of the others back; a
 * reader that leaves, or a caller that aborts, ends those that have begun, and they are waited for.
 */
export async function* exportImages(
  call: Call,
  input: ImageExportInput,
): AsyncGenerator<ImageExportEvent, void, undefined> {
  imagesOf(call.context);
  const planned = planExports(call, input);
  const leaving = new AbortController();
  const events = new Channel<ImageExportEvent>(WAITING_EVENTS, () => leaving.abort());
  const signal = AbortSignal.any([leaving.signal, ...(call.signal === undefined ? [] : [call.signal])]);
  // What is being ended must not wait for a reader that has stopped reading.
  signal.addEventListener("abort", () => events.release(), { once: true });
  const exporting = exportAll({ ...call, signal }, planned, events).then(
    () => events.close(),
    (error: unknown) => events.close(asMoorageError(error)),
  );
  try {
    yield* events;
  } finally {
    await exporting;
  }
}

type Events = Channel<ImageExportEvent>;
type Ending = Call & { readonly signal: AbortSignal };

async function exportAll(call: Ending, planned: readonly PlannedExport[], events: Events): Promise<void> {
  const failing = new AbortController();
  const signal = AbortSignal.any([call.signal, failing.signal]);
  const waiting = planned.values();
  const ended = new Map<string, Export>();
  const work = async (): Promise<void> => {
    for (const each of waiting) {
      if (signal.aborted) return;
      ended.set(each.service, await exportInTurn({ ...call, signal }, each, events));
    }
  };
  const working = Array.from({ length: AT_ONCE }, () =>
    work().catch((error: unknown) => {
      failing.abort(error);
      throw error;
    }),
  );
  for (const each of await Promise.allSettled(working)) if (each.status === "rejected") throw each.reason;
  if (call.signal.aborted) throw canceled(call.signal.reason);
  const result: ImageExportResult = { ok: true, exported: {}, failed: {} };
  for (const { service } of planned) {
    const one = ended.get(service);
    if (one === undefined) throw new TypeError("Each service has ended.");
    (one.status === "succeeded" ? result.exported : result.failed)[service] = one;
  }
  result.ok = Object.keys(result.failed).length === 0;
  await events.push({ type: "result", result });
}

async function exportInTurn(call: Ending, planned: PlannedExport, events: Events): Promise<Export> {
  const going = exportOne(call, planned);
  for (;;) {
    const next = await going.next();
    if (next.done !== true) await events.push(next.value, 1);
    else {
      await events.push({ type: "ended", service: planned.service, export: next.value });
      return next.value;
    }
  }
}

async function* exportOne(call: Call, planned: PlannedExport): AsyncGenerator<ImageExportEvent, Export, undefined> {
  const { context } = call;
  const row = beginning(call, planned);
  const begun = context.clock.monotonic();
  await context.store.exports.insert(row);
  let ended: ExportRow = { ...row, status: "canceled" };
  let closed: ExportRow | undefined;
  {
    await using log = context.logs.create(row.id, () => undefined);
    const note = (text: string): Promise<void> => log.append("stdout", Buffer.from(`${text}\n`), context.clock.now());
    try {
      yield { type: "started", exportId: row.id, service: row.service, reference: row.reference };
      await note(`Exporting ${planned.image ?? `the sandbox ${planned.sandbox}`} to ${row.reference}`);
      ended = { ...row, ...(yield* pushExport(call, planned, note)), status: "succeeded" };
    } catch (error) {
      ended = { ...row, ...failure(error, call.signal) };
      await note(ended.failure?.message ?? "");
    } finally {
      const durationMs = Math.round(context.clock.monotonic() - begun);
      closed = await close(context, { ...ended, durationMs, logBytes: log.end });
    }
  }
  return exportView(closed);
}

function beginning({ context, principal }: Call, planned: PlannedExport): ExportRow {
  const { engine, clock, holders } = context;
  const createdAt = isoTime(clock.now());
  return {
    id: planned.id,
    owner: principal.owner,
    keyId: principal.keyId,
    service: planned.service,
    status: "running",
    image: planned.image ?? null,
    sandboxId: null,
    reference: planned.reference,
    ...{ digestReference: null, digest: null, sizeBytes: null, layersPushed: null, layersReused: null },
    ...{ warnings: [], failure: null, logBytes: 0 },
    ...{ engine: engine.name, isolation: engine.isolation },
    ...{ createdAt, startedAt: createdAt, durationMs: null, receiptId: null, holder: holders.self, endedAt: null },
  };
}

function failure(thrown: unknown, signal: AbortSignal | undefined): Pick<ExportRow, "status" | "failure"> {
  const error = isMoorageError(thrown)
    ? thrown
    : new MoorageError("INTERNAL", "The export failed unexpectedly.", { cause: thrown });
  const { code, message, hint } = error;
  const status = signal?.aborted === true ? "canceled" : "failed";
  return { status, failure: { code, message, hint: hint === "" ? null : hint } };
}

/** Records how it ended. What cannot be written now is owed; nobody is told a result before. */
async function close(context: DomainContext, row: ExportRow): Promise<ExportRow> {
  let closed: ExportRow | undefined;
  const failed = await context.owed.attempt("the record of an export", async () => {
    closed ??= { ...row, receiptId: (await recordExportReceipt(context, row)).id };
  });
  const { id: exportId, owner, service, reference, status, digest } = row;
  context.logger.info(
    { operation: "image.export", exportId, owner, service, reference, status, digest },
    "export ended",
  );
  if (closed === undefined) throw failed ?? new TypeError("The export has no record.");
  return closed;
}
