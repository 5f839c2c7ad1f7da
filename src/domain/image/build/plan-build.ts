import { isoTime } from "../../../base/clock.ts";
import { MoorageError } from "../../../base/errors.ts";
import { newId } from "../../../base/ids.ts";
import { sha256 } from "../../../base/sha256.ts";
import type { ImageBuild } from "../../../contracts/types.ts";
import type { BuildRow, ImageRow } from "../../../store/store.ts";
import type { Call, DomainContext } from "../../context.ts";
import { resolveBuildLimits } from "../../profiles.ts";
import { imagesOf } from "../images-of.ts";
import { noteOwn } from "../note-own.ts";
import { refuseTaken } from "../own-images.ts";

const REPOSITORY = "agent-env";

/**
 * The build as it begins. CONFLICT where its tag is another image's already, ENGINE_UNSUPPORTED where its steps are to
 * have a number of processes that the engine cannot hold them to.
 */
export async function planBuild(call: Call, input: ImageBuild, dockerfile: string): Promise<BuildRow> {
  const { context, principal } = call;
  const { clock, engine, holders } = context;
  const createdAt = isoTime(clock.now());
  const tag = tagOf(input, createdAt);
  await refuseTaken(call, tag);
  const { limits, warnings } = await boundedLimits(call, input);
  return {
    id: newId(),
    owner: principal.owner,
    keyId: principal.keyId,
    status: "running",
    tag,
    engine: engine.name,
    isolation: engine.isolation,
    dockerfileHash: sha256(dockerfile),
    contextHash: null,
    network: input.network ?? "open",
    limits,
    platform: input.platform ?? null,
    target: input.target ?? null,
    ...{ imageId: null, digest: null, sizeBytes: null, steps: null, cachedSteps: null },
    ...{ warnings, failure: null, cache: [], logBytes: 0 },
    createdAt,
    startedAt: createdAt,
    ...{ durationMs: null, receiptId: null, endedAt: null },
    holder: holders.self,
  };
}

/** Processes that nobody can bound are told, and refused where somebody counts on their number. */
async function boundedLimits(
  { context, signal }: Call,
  input: ImageBuild,
): Promise<Pick<BuildRow, "limits" | "warnings">> {
  const limits = resolveBuildLimits(input, context.policy.maxima);
  const obstacle = await imagesOf(context).processObstacle(signal);
  if (obstacle === undefined) return { limits, warnings: [] };
  if (input.pids === undefined) {
    const warning = `The processes of its steps are not bounded: ${obstacle}.`;
    return { limits: { ...limits, pids: null }, warnings: [warning] };
  }
  const message = `The steps of a build cannot be held to ${input.pids} processes here: ${obstacle}.`;
  throw new MoorageError("ENGINE_UNSUPPORTED", message, {
    hint: "Leave --pids out, or build with Docker Engine.",
    details: { limit: "pids" },
  });
}

/** `agent-env:TASK-TIME` where nothing else is named; to the millisecond, so that one task may be built again and again. */
function tagOf({ tag, task }: ImageBuild, createdAt: string): string {
  if (tag !== undefined) return tag.startsWith(`${REPOSITORY}:`) ? tag : `${REPOSITORY}:${tag}`;
  return `${REPOSITORY}:${task ?? "build"}-${createdAt.replaceAll(/[-:.]/g, "")}`;
}

/** The image of an ended build is its owner's from now on; answers as `noteOwn` does. */
export function noteBuilt(context: DomainContext, row: BuildRow): Promise<ImageRow | undefined> {
  if (row.digest === null || row.sizeBytes === null) return Promise.resolve(undefined);
  return noteOwn(context, {
    reference: row.tag,
    engine: row.engine,
    kind: "built",
    owner: row.owner,
    digest: row.digest,
    sizeBytes: row.sizeBytes,
    createdAt: row.createdAt,
    usedAt: row.createdAt,
  });
}
