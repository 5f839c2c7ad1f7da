import { sleep, throwIfCanceled } from "../../../../base/deadline.ts";
import { MoorageError } from "../../../../base/errors.ts";
import type { BuildOptions, BuildSpec } from "../../../engine.ts";
import { fullDiskError } from "../../api/api-errors.ts";
import type { EngineApi } from "../../api/engine-api.ts";
import type { ImagesContext } from "../images-context.ts";
import { isNetworkFailure } from "../registry-errors.ts";
import { attemptBuild, type Attempt, type Counts, type Failure } from "./attempt-build.ts";
import { onOpenBridge, requireOpen } from "./build-network.ts";
import { buildWithoutNetwork } from "./without-network.ts";

const UNBOUNDED_HINT = "Leave the number of processes out, or build with Docker Engine.";
/** How many of its last lines tell why a program could not write. */
const LAST_WORDS = 5;

/** Builds and tags an image; tries again only after failures of the network. */
export async function buildImage(context: ImagesContext, spec: BuildSpec, options: BuildOptions): Promise<Counts> {
  if (spec.limits?.pids !== undefined) await requireBound(context.api);
  const { signal } = options;
  const build = { spec, options, made: new Set<number>() };
  if (spec.network !== "open") return buildAt(context, { ...build, place: { network: spec.network, signal } });
  await requireOpen(context.enforcer);
  const counts = spec.networkIfNeeded === true ? await buildWithoutNetwork(context, build) : undefined;
  return counts ?? onOpenBridge(context, signal, (place) => buildAt(context, { ...build, place }));
}

/** Why the processes of a step cannot be bounded; undefined where they can. */
export async function processObstacle(api: EngineApi): Promise<string | undefined> {
  const { product, namesSteps } = await api.traits();
  return namesSteps ? undefined : `the builder of ${product} does not tell in which container a step runs`;
}

async function requireBound(api: EngineApi): Promise<void> {
  const obstacle = await processObstacle(api);
  if (obstacle === undefined) return;
  const message = `The processes of a build's steps cannot be bounded by this engine: ${obstacle}.`;
  throw new MoorageError("ENGINE_UNSUPPORTED", message, { hint: UNBOUNDED_HINT });
}

async function buildAt(context: ImagesContext, attempt: Attempt): Promise<Counts> {
  const { spec, options, place } = attempt;
  for (let made = 0; ; made += 1) {
    throwIfCanceled(place.signal);
    const outcome = await attemptBuild(context, attempt);
    if (!outcome.failed) return outcome.counts;
    const pauseMs = context.retryMs[made];
    if (pauseMs === undefined || !isTransient(outcome)) throw buildError(spec, outcome);
    const reason = outcome.words;
    context.logger.warn({ image: spec.tag, reason, pauseMs }, "a build is tried again");
    await options.onEvent?.({ type: "retry", reason, pauseMs });
    await sleep(pauseMs, place.signal);
  }
}

/** A program that fails would fail again, whatever its words are. */
function isTransient({ words, exitCode }: Failure): boolean {
  return exitCode === undefined && isNetworkFailure(words);
}

function buildError({ tag }: BuildSpec, failure: Failure): MoorageError {
  const { words, step, instruction, log, exitCode } = failure;
  const where = instruction === undefined ? "" : ` at "${instruction}"`;
  const what = `Building ${tag}${where}`;
  const details = { log, words, instruction: instruction ?? null, step: step ?? null, exitCode: exitCode ?? null };
  const full = fullDiskError(what, words) ?? fullDiskError(what, log.slice(-LAST_WORDS).join("\n"));
  if (full !== undefined) return new MoorageError(full.code, full.message, { details });
  return new MoorageError("IMAGE_BUILD_FAILED", `Building ${tag} failed${where}: ${words}`, {
    hint: "--json shows the last lines of the log, in the error's details.",
    details,
  });
}
