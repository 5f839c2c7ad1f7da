import { Channel } from "../../../base/channel.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { BuildEvent, ImageBuild, ImageChecked } from "../../../contracts/types.ts";
import type { BuildEvent as EngineEvent } from "../../../engine/engine.ts";
import type { BuildRow } from "../../../store/store.ts";
import type { Call, DomainContext } from "../../context.ts";
import { refuseWithoutRoom } from "../../disk/machine-room.ts";
import { recordBuildReceipt } from "../../receipt/record-receipt.ts";
import type { BuildContext } from "../context/build-context.ts";
import { openBuildContext } from "../context/open-build-context.ts";
import type { Dockerfile } from "../dockerfile/dockerfile.ts";
import { parseDockerfile } from "../dockerfile/parse-dockerfile.ts";
import { imagesOf } from "../images-of.ts";
import { useImage } from "../own-images.ts";
import { copiedImages } from "../policy/judge-bases.ts";
import { refuseRegistry } from "../registry-hosts.ts";
import { judge } from "../policy/judge.ts";
import { buildView } from "./build-view.ts";
import type { Building } from "./building.ts";
import type { LineOf } from "./failed-build.ts";
import { networkIfNeeded } from "./network-if-needed.ts";
import { noteBuilt, planBuild } from "./plan-build.ts";
import { runBuild, type EndedBuild } from "./run-build.ts";

/** What a reader may be behind with, in characters, before the build waits for it. */
const EVENTS_CAPACITY = 256 * 1024;

/** Builds an image of the caller's. A caller that leaves cancels the build; it is recorded all the same. */
export async function* buildImage(call: Call, input: ImageBuild): AsyncGenerator<BuildEvent, void, undefined> {
  const { context } = call;
  if (input.patchSet !== undefined) throw noPatchSets(input.patchSet);
  imagesOf(context);
  await refuseWithoutRoom(context);
  await using source = await openBuildContext(call, contextSource(input));
  const dockerfile = parseDockerfile(source.dockerfile.text);
  const checked = judge(dockerfile, {
    policy: context.policy.build.dockerfile,
    buildArgs: input.buildArgs ?? {},
  });
  yield { type: "checked", checked, dockerfile: source.dockerfile };
  if (!checked.ok) throw refused(checked);
  if (input.check === true) return;
  requireStage(dockerfile, input.target);
  const bases = baseImages(checked.bases);
  const final = finalBase(checked.bases, input.target);
  const named = namedImages(dockerfile, bases);
  for (const reference of named.references) await useImage(call, reference);
  for (const reference of copiedImages(dockerfile)) {
    // The builder gets these by itself, where they are not here.
    if ((await imagesOf(context).find(reference, call.signal)) === undefined) refuseRegistry(context.policy, reference);
  }
  using turn = context.buildTurns.enter(call.principal.owner, context.policy.build.turns);
  for await (const place of turn.places(call.signal)) yield { type: "waiting", place };
  const planned = await planBuild(call, input, source.dockerfile.text);
  const row = { ...planned, warnings: [...told(checked), ...planned.warnings] };
  await context.store.builds.insert(row);
  const left = new AbortController();
  const events = new Channel<BuildEvent>(EVENTS_CAPACITY, () => left.abort());
  const signal = call.signal === undefined ? left.signal : AbortSignal.any([call.signal, left.signal]);
  const ending = conduct({ context, row, input, bases, named, final, dockerfile, source, signal, events });
  try {
    yield { type: "started", buildId: row.id, tag: row.tag };
    for (const message of planned.warnings) yield { type: "warning", message };
    yield* events;
  } finally {
    left.abort();
    await ending;
  }
}

/** A number is left to the builder, which knows stages by it too. */
function requireStage({ stages }: Dockerfile, target: string | undefined): void {
  if (target === undefined || /^\d+$/.test(target) || stages.some(({ name }) => name === target.toLowerCase())) return;
  const names = stages.flatMap(({ name }) => (name === undefined ? [] : [name]));
  const those = names.length === 0 ? "it names none" : `it has ${names.slice(0, 20).join(", ")}`;
  throw new MoorageError("INVALID_INPUT", `The Dockerfile has no stage ${JSON.stringify(target)}; ${those}.`, {
    hint: "Name one of its stages by --target, or leave that out to build the last.",
  });
}

function noPatchSets(given: string): MoorageError {
  const message = `Builds take no patch set yet; the option is kept for later (got ${JSON.stringify(given)}).`;
  return new MoorageError("INVALID_INPUT", message, {
    hint: "Leave --patch-set out. What is to be changed can be done by the Dockerfile: COPY the patches, and RUN patch.",
  });
}

function told({ findings }: ImageChecked): readonly string[] {
  return findings.map(({ line, rule, message }) => `line ${line}, ${rule}: ${message}`);
}

function refused({ findings, omitted }: ImageChecked): MoorageError {
  const errors = findings.filter(({ severity }) => severity === "error");
  const [first] = errors;
  const more = errors.length - 1 + omitted;
  const also = more > 0 ? ` (and ${more} more)` : "";
  const message = `The Dockerfile must not be built: line ${first?.line}, ${first?.rule}: ${first?.message}${also}`;
  return new MoorageError("IMAGE_BUILD_REFUSED", message, {
    ...(first === undefined ? {} : { hint: first.fix }),
    details: { findings },
  });
}

type Conducted = {
  readonly context: DomainContext;
  readonly row: BuildRow;
  readonly input: ImageBuild;
  readonly bases: readonly string[];
  readonly named: Building["named"];
  readonly final: Building["final"];
  readonly dockerfile: Dockerfile;
  readonly source: BuildContext;
  readonly signal: AbortSignal;
  readonly events: Channel<BuildEvent>;
};

/** Never rejects: how it ends is the last that the reader is told. */
async function conduct(conducted: Conducted): Promise<void> {
  const { context, row, input, bases, final, named, dockerfile, source, signal, events } = conducted;
  const lineOf: LineOf = (step) => dockerfile.instructions[step - 1]?.line;
  const spec = {
    context: source.tar,
    dockerfile: source.dockerfile.path,
    instructions: dockerfile.instructions.map(({ original }) => original),
    buildArgs: input.buildArgs ?? {},
    target: input.target,
    platform: input.platform,
    // The same for the same content: whose it is and of which build stands in the registry.
    labels: { ...input.labels, "dev.moorage.image": "built" },
    noCache: input.noCache ?? false,
    networkIfNeeded: networkIfNeeded({ input, dockerfile, source, policy: context.policy.build.dockerfile }),
  };
  const onEvent = async (event: EngineEvent): Promise<void> => {
    const shown = shownEvent(event, lineOf);
    await events.push(shown, JSON.stringify(shown).length);
  };
  try {
    // Who reads no more must not keep a build from its end.
    const onEnding = (): void => events.release();
    const ended = await runBuild({ context, row, spec, bases, final, named, lineOf, signal, onEvent, onEnding });
    const closed = await close(context, ended);
    events.release();
    for (const message of closed.warnings.slice(row.warnings.length)) await events.push({ type: "warning", message });
    if (ended.failure === undefined) await events.push({ type: "result", result: buildView(closed) });
    events.close(ended.failure);
  } catch (error) {
    events.close(error instanceof Error ? error : new Error(String(error)));
  }
}

/** Records how it ended. What cannot be written now is owed; nobody is told a result before. */
async function close(context: DomainContext, { row }: EndedBuild): Promise<BuildRow> {
  let closed: BuildRow | undefined;
  const failure = await context.owed.attempt("the record of a build", async () => {
    await noteBuilt(context, row);
    closed ??= { ...row, receiptId: (await recordBuildReceipt(context, row)).id };
  });
  const { id: buildId, tag, owner, status, durationMs } = row;
  context.logger.info({ operation: "image.build", buildId, tag, owner, status, durationMs }, "build ended");
  if (closed === undefined) throw failure ?? new TypeError("The build has no record.");
  return closed;
}

function finalBase(bases: ImageChecked["bases"], target: string | undefined): Building["final"] {
  const of = (name: string, before: number): number =>
    bases.findLastIndex(({ stage }, index) => index < before && stage === name.toLowerCase());
  const named = target === undefined ? bases.length - 1 : of(target, bases.length);
  let base = bases[named < 0 ? Number(target) : named];
  while (base?.kind === "stage") base = bases[of(base.reference ?? "", bases.indexOf(base))];
  return base;
}

/** Where a stage may have the same name as an image, it counts as one. */
function namedImages(dockerfile: Dockerfile, bases: readonly string[]): Building["named"] {
  const names = ({ name, flags }: Dockerfile["instructions"][number]): boolean =>
    name === "FROM" || (name === "COPY" && flags.some((flag) => flag.name === "from"));
  const lastStep = dockerfile.instructions.findLastIndex(names) + 1;
  return { references: [...bases, ...copiedImages(dockerfile)], lastStep };
}

function baseImages(bases: ImageChecked["bases"]): readonly string[] {
  return bases.flatMap(({ kind, reference }) => (kind === "image" && reference !== null ? [reference] : []));
}

function shownEvent(event: EngineEvent, lineOf: LineOf): BuildEvent {
  if (event.type === "step") return { ...event, line: lineOf(event.step) ?? null };
  return event.type === "output" ? { ...event, lines: [...event.lines] } : event;
}

function contextSource({ contextId, files, path, git, dockerfile }: ImageBuild) {
  return { contextId, files, path, git, dockerfile };
}
