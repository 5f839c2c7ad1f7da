import { parseImageReference } from "../../../base/image-reference.ts";
import { isMoorageError } from "../../../base/errors.ts";
import type { ImageExportEvent, ImagePushEvent } from "../../../contracts/types.ts";
import type { ExportRow } from "../../../store/store.ts";
import type { Call } from "../../context.ts";
import { imagesOf } from "../images-of.ts";
import { refuseTaken, requireOwnImage } from "../own-images.ts";
import { pushImage } from "../push-image.ts";
import { commitSandbox } from "./commit-sandbox.ts";
import type { PlannedExport } from "./plan-exports.ts";
import { secretsOfImage } from "./secret-names.ts";

const SHORT_DIGEST = 12;

type Pushed = Pick<
  ExportRow,
  "sandboxId" | "digestReference" | "digest" | "sizeBytes" | "layersPushed" | "layersReused" | "warnings"
>;
type Note = (text: string) => Promise<void>;

/** Pushes under the name that was asked for, then under one that never means another content. */
export async function* pushExport(
  call: Call,
  planned: PlannedExport,
  note: Note,
): AsyncGenerator<ImageExportEvent, Pushed, undefined> {
  const { service, reference } = planned;
  await using source = await sourceOf(call, planned);
  const warnings = [...source.warnings];
  for (const message of warnings) {
    await note(`warning: ${message}`);
    yield { type: "warning", service, message };
  }
  const push = (to: string) => forwarded({ call, planned, from: source.reference, to, note });
  const { digest, sizeBytes, layersPushed, layersReused } = yield* push(reference);
  const digestReference = withTag(reference, digest.slice("sha256:".length).slice(0, SHORT_DIGEST));
  yield* push(digestReference);
  if (planned.keep) {
    for (const name of [reference, digestReference]) {
      const message = await keep(call, source.reference, parseImageReference(name).whole);
      if (message === undefined) continue;
      warnings.push(message);
      yield { type: "warning", service, message };
    }
  }
  const { sandboxId } = source;
  return { sandboxId, digestReference, digest, sizeBytes, layersPushed, layersReused, warnings };
}

type Source = AsyncDisposable & {
  readonly reference: string;
  readonly sandboxId: string | null;
  readonly warnings: readonly string[];
};

async function sourceOf(call: Call, planned: PlannedExport): Promise<Source> {
  if (planned.sandbox !== undefined) return commitSandbox(call, planned.sandbox, planned.id);
  const { reference } = await requireOwnImage(call, planned.image ?? "");
  const warnings = await secretsOfImage(call, reference);
  return { reference, sandboxId: null, warnings, [Symbol.asyncDispose]: () => Promise.resolve() };
}

type Sending = {
  readonly call: Call;
  readonly planned: PlannedExport;
  readonly from: string;
  readonly to: string;
  readonly note: Note;
};
type Result = Extract<ImagePushEvent, { readonly type: "result" }>["result"];

async function* forwarded(sending: Sending): AsyncGenerator<ImageExportEvent, Result, undefined> {
  const { call, planned, from, to, note } = sending;
  const { service, timeoutMs } = planned;
  for await (const event of pushImage(call, { reference: from, to, timeoutMs })) {
    if (event.type === "result") {
      const { digest, layersPushed, layersReused } = event.result;
      await note(`Pushed ${to}: ${digest}, ${layersPushed} layers sent, ${layersReused} there already`);
      return event.result;
    }
    if (event.status === "done" || event.status === "there") await note(`Layer ${event.layer}: ${event.status}`);
    yield { ...event, service };
  }
  throw new TypeError("A push ends with its result.");
}

/** The image stays under this name too, as one of the caller's. */
async function keep(call: Call, from: string, name: string): Promise<string | undefined> {
  const { context, signal } = call;
  const { images } = context.store;
  try {
    await refuseTaken(call, name);
    const row = await requireOwnImage(call, from);
    // Known as the caller's before the engine has it, so that nobody else gets it by that name.
    if ((await images.find(name)) === undefined) await images.put({ ...row, reference: name });
    await imagesOf(context).tag(from, name, signal);
    const digest = (await imagesOf(context).find(name, signal))?.digest ?? row.digest;
    await images.put({ ...row, reference: name, digest });
    return undefined;
  } catch (error) {
    if (!isMoorageError(error)) throw error;
    return `${name} was pushed, and is not kept on this engine: ${error.message}`;
  }
}

function withTag(reference: string, tag: string): string {
  return `${reference.slice(0, reference.lastIndexOf(":"))}:${tag}`;
}
