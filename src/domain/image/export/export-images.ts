import { canceled } from "../../../base/deadline.ts";
import { isoTime } from "../../../base/clock.ts";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import type { Export, ImageExportEvent, ImageExportInput } from "../../../contracts/types.ts";
import type { ExportRow } from "../../../store/store.ts";
import type { Call, DomainContext } from "../../context.ts";
import { recordExportReceipt } from "../../receipt/record-receipt.ts";
import { imagesOf } from "../images-of.ts";
import { exportView } from "./export-view.ts";
import { planExports, type PlannedExport } from "./plan-exports.ts";
import { pushExport } from "./push-export.ts";

/** Pushes images and sandboxes of the caller's, a service after the other. One that fails keeps none of the others back. */
export async function* exportImages(
  call: Call,
  input: ImageExportInput,
): AsyncGenerator<ImageExportEvent, void, undefined> {
  imagesOf(call.context);
  const exported: Record<string, Export> = {};
  const failed: Record<string, Export> = {};
  for (const planned of planExports(call, input)) {
    const ended = yield* exportOne(call, planned);
    (ended.status === "succeeded" ? exported : failed)[planned.service] = ended;
    if (call.signal?.aborted === true) throw canceled(call.signal.reason);
    yield { type: "ended", service: planned.service, export: ended };
  }
  yield { type: "result", result: { ok: Object.keys(failed).length === 0, exported, failed } };
}

/** A reader that leaves ends it, and it is recorded as canceled. */
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
