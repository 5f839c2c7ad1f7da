import type { IncomingMessage } from "node:http";
import { pack } from "tar-stream";
import { sleep, throwIfCanceled } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { ImageStore } from "../../engine.ts";
import { answerOf, fullDiskError, isOwnWords } from "../api/api-errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import type { ImagesContext } from "./images-context.ts";
import { onOpenBridge, type BuildPlace } from "./build-network.ts";
import { bytesOf } from "../file/tar-header.ts";
import { errorOf, readProgress } from "./read-progress.ts";
import { isNetworkFailure } from "./registry-errors.ts";

const ANSWER_MS = 120_000;
/** A step such as compiling may print nothing for long. */
const SILENCE_MS = 1_800_000;
const MEMORY_BYTES = 2 * 1024 ** 3;
const KEPT_LINES = 40;
const MAX_LINE_CHARS = 2000;

type BuildSpec = Parameters<ImageStore["build"]>[0];
type BuildOptions = Parameters<ImageStore["build"]>[1];
/** One build, and where its steps run. */
type Work = BuildPlace & { readonly spec: BuildSpec; readonly onLog: BuildOptions["onLog"] };

/** Builds and tags an image; tries again only after failures of the network. */
export async function buildImage(context: ImagesContext, spec: BuildSpec, options: BuildOptions): Promise<void> {
  const { signal, onLog } = options;
  if (spec.network === undefined) return buildAt(context, { spec, onLog, signal, network: undefined });
  await onOpenBridge(context, signal, (place) => buildAt(context, { spec, onLog, ...place }));
}

async function buildAt(context: ImagesContext, work: Work): Promise<void> {
  const { spec, signal, onLog } = work;
  for (const pause of [...context.retryMs, undefined]) {
    throwIfCanceled(signal);
    const failure = await attempt(context.api, work);
    if (failure === undefined) return;
    if (pause === undefined || !isNetworkFailure(failure.words)) throw buildError(spec, failure);
    context.logger.warn({ image: spec.tag, reason: failure.words, pauseMs: pause }, "a build is tried again");
    onLog?.(`The network failed (${failure.words}); trying again in ${pause / 1000} s.`);
    await sleep(pause, signal);
  }
}

type Failure = { readonly words: string; readonly step: string | undefined; readonly log: readonly string[] };

async function attempt(api: EngineApi, work: Work): Promise<Failure | undefined> {
  const { spec, signal, onLog } = work;
  const log = createLog(onLog);
  try {
    const source = await startBuild(api, work);
    for await (const line of readProgress(source, { signal, silenceMs: SILENCE_MS, what: `Building ${spec.tag}` })) {
      log.add(line.stream ?? "");
      const words = errorOf(line);
      if (words !== undefined) return { words, ...log.end(words) };
    }
    log.end();
    return undefined;
  } catch (error) {
    // A Dockerfile that cannot be read is refused in the head.
    const answer = answerOf(error);
    if (answer === undefined || !isOwnWords(answer)) throw error;
    return { words: answer.words, ...log.end(answer.words) };
  }
}

function startBuild(api: EngineApi, { spec, network, signal }: Work): Promise<IncomingMessage> {
  return api.stream({
    method: "POST",
    path: "/build",
    query: {
      t: spec.tag,
      labels: JSON.stringify(spec.labels),
      memory: String(MEMORY_BYTES),
      memswap: String(MEMORY_BYTES),
      rm: "1",
      forcerm: "1",
      version: "1",
      networkmode: network,
    },
    tar: onlyDockerfile(spec.dockerfile),
    timeoutMs: ANSWER_MS,
    signal,
  });
}

function onlyDockerfile(text: string): AsyncIterable<Uint8Array> {
  const archive = pack();
  archive.entry({ name: "Dockerfile", mode: 0o644 }, text);
  archive.finalize();
  return bytesOf(archive);
}

type Log = {
  readonly add: (text: string) => void;
  readonly end: (words?: string) => { readonly step: string | undefined; readonly log: readonly string[] };
};

/** Cuts the stream into lines, keeps the last ones and remembers the instruction at work. */
function createLog(onLog: ((line: string) => void) | undefined): Log {
  const kept: string[] = [];
  let step: string | undefined;
  let rest = "";
  const take = (line: string): void => {
    const text = line.trimEnd().slice(0, MAX_LINE_CHARS);
    if (text === "") return;
    step = /^Step \d+\/\d+ : (.+)$/.exec(text)?.[1] ?? step;
    kept.push(text);
    if (kept.length > KEPT_LINES) kept.shift();
    onLog?.(text);
  };
  return {
    add: (text) => {
      const lines = (rest + text).split("\n");
      rest = (lines.pop() ?? "").slice(0, MAX_LINE_CHARS);
      for (const line of lines) take(line);
    },
    end: (words = "") => {
      take(rest);
      take(words);
      rest = "";
      return { step, log: kept };
    },
  };
}

function buildError({ tag }: BuildSpec, { words, step, log }: Failure): MoorageError {
  const where = step === undefined ? "" : ` at "${step}"`;
  const full = fullDiskError(`Building ${tag}${where}`, words);
  if (full !== undefined) return full;
  return new MoorageError("IMAGE_BUILD_FAILED", `Building ${tag} failed${where}: ${words}`, {
    hint: "--json shows the last lines of the log, in the error's details.",
    details: { log, instruction: step ?? null },
  });
}
