import { createHash } from "node:crypto";
import { deadlineSignal } from "../../../base/deadline.ts";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import { formatDuration } from "../../../base/quantities.ts";
import type { BuildEvent as EngineEvent, BuiltImage } from "../../../engine/engine.ts";
import type { BuildRow, RunLogWriter } from "../../../store/store.ts";
import type { DomainContext } from "../../context.ts";
import { watchRoom } from "../../disk/watch-room.ts";
import { imagesOf } from "../images-of.ts";
import { Bases } from "./bases.ts";
import { buildLine } from "./build-line.ts";
import type { Building } from "./building.ts";
import { rootWarnings } from "./image-warnings.ts";
import { failedBuild, type StepEvent } from "./failed-build.ts";
import { isConflict } from "../note-own.ts";
import { noteBuilt } from "./plan-build.ts";

/** The build as it has ended, and why there is no image where there is none. */
export type EndedBuild = { readonly row: BuildRow; readonly failure: MoorageError | undefined };

/** Builds, with everything that is printed in the build's log, and answers how it ended. */
export async function runBuild(building: Building): Promise<EndedBuild> {
  const { context, row, lineOf } = building;
  const begun = context.clock.monotonic();
  const cache: string[] = [];
  const warnings = new Set<string>();
  let contextHash: string | null = null;
  let at: StepEvent | undefined;
  await using log = context.logs.create(row.id, () => undefined);
  const ended = (): Pick<BuildRow, "durationMs" | "logBytes" | "cache" | "contextHash" | "warnings"> => ({
    durationMs: Math.round(context.clock.monotonic() - begun),
    logBytes: log.end,
    ...{ cache, contextHash },
    warnings: [...row.warnings, ...warnings, ...logWarnings(log)],
  });
  const told = {
    onLeft: (ids: readonly string[]) => void cache.push(...ids),
    onHash: (hash: string) => (contextHash = hash),
    onStep: (step: StepEvent) => (at = step),
    onWarnings: (more: readonly string[]) => more.forEach((each) => warnings.add(each)),
  };
  try {
    const built = await build(building, log, told);
    told.onWarnings(rootWarnings(building, built));
    const { id: imageId, digest, sizeBytes, steps, cachedSteps } = built;
    const image = { imageId, digest, sizeBytes, steps, cachedSteps };
    const before = await replaced(context, { ...row, ...image });
    if (before !== undefined && before !== digest && before !== imageId) cache.push(before);
    return { row: { ...row, ...ended(), ...image, status: "succeeded" }, failure: undefined };
  } catch (error) {
    const { status, failure, place } = failedBuild(row, error, { lineOf, at, canceled: building.signal.aborted });
    await append(context, log, `${failure.message}\n`);
    const { code, message } = failure;
    return { row: { ...row, ...ended(), status, failure: { code, message, ...place } }, failure };
  }
}

/** The id of what had the tag until the end of the build. A record that cannot be written now is so with the build's. */
async function replaced(context: DomainContext, row: BuildRow): Promise<string | undefined> {
  try {
    return (await noteBuilt(context, row))?.digest;
  } catch (error) {
    if (isConflict(error)) throw error;
    context.logger.warn({ err: error, image: row.tag }, "an image could not be noted; it is with its build's record");
    return undefined;
  }
}

type Told = {
  readonly onLeft: (ids: readonly string[]) => void;
  readonly onHash: (hash: string) => void;
  readonly onStep: (step: StepEvent) => void;
  readonly onWarnings: (warnings: readonly string[]) => void;
};

async function build(building: Building, log: RunLogWriter, { onHash, onStep, ...told }: Told): Promise<BuiltImage> {
  const { context, row, spec, signal, onEvent, onEnding } = building;
  const { tag, network, limits } = row;
  const deadline = deadlineSignal(limits.timeoutMs, signal);
  await using room = watchRoom(context, deadline);
  room.signal.addEventListener("abort", onEnding, { once: true });
  const tell = async (event: EngineEvent): Promise<void> => {
    await append(context, log, `${buildLine(event)}\n`);
    await onEvent(event);
  };
  await using bases = new Bases(building, { tell, ...told });
  const hashed = (source: AbortSignal | undefined) => hashing(spec.context(source), onHash);
  try {
    await bases.prepare(room.signal);
    return await imagesOf(context).build(
      { ...spec, context: hashed, tag, network, limits: { ...limits, pids: limits.pids ?? undefined } },
      {
        signal: room.signal,
        onLeft: told.onLeft,
        onEvent: async (event) => {
          if (event.type === "step") onStep(event);
          await bases.follow(event, room.signal);
          await tell(event);
        },
      },
    );
  } catch (error) {
    if (room.full !== undefined) throw room.full;
    if (deadline.aborted && !signal.aborted) throw tooSlow(row, error);
    throw error;
  }
}

async function append({ clock }: DomainContext, log: RunLogWriter, text: string): Promise<void> {
  await log.append("stdout", Buffer.from(text), clock.now());
}

/** The bytes as they are; their hash once all were taken. */
async function* hashing(
  source: AsyncIterable<Uint8Array>,
  onHash: (hash: string) => void,
): AsyncGenerator<Uint8Array, void, undefined> {
  const hash = createHash("sha256");
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
  onHash(`sha256:${hash.digest("hex")}`);
}

function logWarnings(log: RunLogWriter): readonly string[] {
  const failure = log.failure();
  return failure === undefined ? [] : [`The build's log could not be written to its end: ${failure.message}.`];
}

function tooSlow({ tag, limits }: BuildRow, cause: unknown): MoorageError {
  const message = `Building ${tag} did not end within ${formatDuration(limits.timeoutMs)}.`;
  const words = isMoorageError(cause) ? cause.details : {};
  return new MoorageError("BUILD_TIMED_OUT", message, { details: { ...words, timeoutMs: limits.timeoutMs }, cause });
}
