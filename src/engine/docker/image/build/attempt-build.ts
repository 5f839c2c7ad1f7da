import type { IncomingMessage } from "node:http";
import type { BuildEvent, BuildOptions, BuildSpec } from "../../../engine.ts";
import { answerOf, isOwnWords } from "../../api/api-errors.ts";
import type { EngineApi } from "../../api/engine-api.ts";
import type { ImagesContext } from "../images-context.ts";
import { errorOf, readProgress } from "../read-progress.ts";
import { BuildLog, type Place } from "./build-log.ts";
import type { BuildPlace } from "./build-network.ts";
import { leftImages } from "./left-images.ts";
import { StepContainers } from "./step-containers.ts";

/** The whole context is sent before the engine begins to answer. */
const SENDING_MS = 1_800_000;
/** A step such as compiling may print nothing for long. */
const SILENCE_MS = 1_800_000;
const DEFAULT_MEMORY_BYTES = 2 * 1024 ** 3;
const DEFAULT_PIDS = 1024;
const CPU_PERIOD_US = 100_000;

export type Attempt = {
  readonly spec: BuildSpec;
  readonly options: BuildOptions;
  readonly place: BuildPlace;
  /** The steps that attempts of this build have done, this one included. */
  readonly made: Set<number>;
  /** True: no container of it can start, so none has to be confined. @default false */
  readonly startsNothing?: boolean;
};

export type Counts = { readonly steps: number; readonly cachedSteps: number };
export type Built = { readonly failed: false; readonly counts: Counts };
export type Failure = Place & {
  readonly failed: true;
  readonly words: string;
  /** Of the program whose failure it is; undefined: it is none's. */
  readonly exitCode: number | undefined;
};

/** Builds once. What the engine says of it is a value; what keeps the engine from saying it is thrown. */
export async function attemptBuild(context: ImagesContext, attempt: Attempt): Promise<Built | Failure> {
  const { spec, options, place } = attempt;
  const { namesSteps } = await context.api.traits();
  const { instructions } = spec;
  const labels = Object.keys(spec.labels).length;
  const log = new BuildLog({ made: attempt.made, instructions, labels, namesSteps });
  const containers = new StepContainers(context, spec.limits?.pids ?? DEFAULT_PIDS);
  let since: Date | undefined;
  const tell = async (events: readonly BuildEvent[]): Promise<void> => {
    for (const event of events) await options.onEvent?.(event);
  };
  const failure = async (words: string, exitCode?: number): Promise<Failure> => {
    await tell(log.end(words));
    return { failed: true, words, exitCode, ...log.place };
  };
  try {
    const source = await startBuild(context.api, attempt, containers.mark);
    since = beginOf(source);
    const reading = { signal: place.signal, silenceMs: SILENCE_MS, what: `Building ${spec.tag}` };
    for await (const line of readProgress(source, reading)) {
      const { events, container } = log.read(line.stream ?? "");
      if (container !== undefined && attempt.startsNothing !== true) containers.confine(container);
      await tell(events);
      const words = errorOf(line);
      if (words !== undefined) return await failure(words, line.errorDetail?.code);
    }
    await tell(log.end());
    return { failed: false, counts: log.counts };
  } catch (error) {
    // A Dockerfile that cannot be read is refused in the head.
    const answer = answerOf(error);
    if (answer === undefined || !isOwnWords(answer)) throw error;
    return await failure(answer.words);
  } finally {
    await containers.settled();
    if (since !== undefined) options.onLeft?.(await leftImages(context, log.claimed, since));
  }
}

/** By the engine's own clock, to the second: it begins to answer with the first step. */
function beginOf({ headers }: IncomingMessage): Date {
  const told = new Date(headers.date ?? "");
  return Number.isNaN(told.getTime()) ? new Date(Infinity) : told;
}

function startBuild(api: EngineApi, { spec, place }: Attempt, shmBytes: number): Promise<IncomingMessage> {
  const memory = String(spec.limits?.memoryBytes ?? DEFAULT_MEMORY_BYTES);
  const cpus = spec.limits?.cpus;
  return api.stream({
    method: "POST",
    path: "/build",
    query: {
      t: spec.tag,
      dockerfile: spec.dockerfile,
      buildargs: JSON.stringify(spec.buildArgs ?? {}),
      target: spec.target,
      platform: spec.platform,
      labels: JSON.stringify(spec.labels),
      nocache: spec.noCache === true ? "1" : undefined,
      memory,
      memswap: memory,
      cpuperiod: cpus === undefined ? undefined : String(CPU_PERIOD_US),
      cpuquota: cpus === undefined ? undefined : String(Math.round(cpus * CPU_PERIOD_US)),
      shmsize: String(shmBytes),
      rm: "1",
      forcerm: "1",
      version: "1",
      networkmode: place.network,
    },
    tar: spec.context(place.signal),
    timeoutMs: SENDING_MS,
    signal: place.signal,
  });
}
