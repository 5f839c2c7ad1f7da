import { randomBytes } from "node:crypto";
import { z } from "zod";
import { dockerfileAlone } from "../../base/dockerfile-alone.ts";
import { isMoorageError, type MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import { silentLogger } from "../../base/logger.ts";
import type { Engine, EngineRun, JobSpec, OutputChunk, RunExit, RunSpec, UnitSpec } from "../engine.ts";
import { createUnitLabels, type UnitLabels } from "../unit-labels.ts";
import { createEngineApi, type EngineApi } from "./api/engine-api.ts";
import { createDockerEngine, parseDockerHost, type DockerEngineOptions } from "./docker-engine.ts";

const MIB = 1024 * 1024;
const ProcessesReply = z.object({ Processes: z.array(z.array(z.string())) });

/** A deployment of its own on the real engine, for tests; what it made is removed at the end. */
export type DockerFixture = AsyncDisposable & {
  readonly engine: Engine;
  /** The engine's own API, to look at what the adapter did, and to do what others might. */
  readonly api: EngineApi;
  readonly labels: UnitLabels;
  /** Creates a sandbox and answers its id. */
  readonly sandbox: (wish?: Partial<UnitSpec>) => Promise<string>;
  readonly exec: (id: string, command: readonly string[], wish?: Partial<RunSpec>) => Promise<EngineRun>;
  /** Runs a shell script to its end. */
  readonly shell: (id: string, script: string) => Promise<Printed>;
  readonly job: (command: readonly string[], wish?: Partial<JobSpec>) => Promise<{ id: string; run: EngineRun }>;
  /** Builds a throw-away image and answers its reference. */
  readonly image: (dockerfile: string) => Promise<string>;
  /** The command lines of a unit's processes. */
  readonly processes: (id: string) => Promise<readonly string[]>;
};

export type Printed = { readonly out: string; readonly err: string; readonly exit: RunExit };

const dockerEndpoint = parseDockerHost(undefined);

export function openDockerFixture(wish: Partial<DockerEngineOptions> = {}): DockerFixture {
  const labels = createUnitLabels(newId(), randomBytes(32));
  const engine = createDockerEngine({ endpoint: dockerEndpoint, labels, logger: silentLogger, ...wish });
  const api = createEngineApi({ endpoint: wish.endpoint ?? dockerEndpoint, programDirectories: [] });
  const images: string[] = [];
  const exec: DockerFixture["exec"] = (id, command, wish) =>
    engine.exec(id, { command, env: {}, cwd: "/workspace", ...wish });
  return {
    engine,
    api,
    labels,
    sandbox: async (given = {}) => {
      const spec = { ...unitSpec("sandbox"), ...given };
      await engine.createSandbox(spec);
      return spec.id;
    },
    exec,
    shell: async (id, script) => printed(await exec(id, ["sh", "-c", script])),
    job: async (command, given = {}) => {
      const spec = { ...jobSpec(command), ...given };
      return { id: spec.id, run: await engine.startJob(spec) };
    },
    image: async (dockerfile) => {
      const tag = `moorage-test/${newId()}:latest`;
      images.push(tag);
      await engine.images?.build({ tag, context: dockerfileAlone(dockerfile), labels: { "moorage.test": "1" } }, {});
      return tag;
    },
    processes: (id) => processesOf(api, id),
    [Symbol.asyncDispose]: async () => {
      for (const unit of await engine.list()) await engine.remove(unit.id);
      for (const image of images) await removeImage(api, image);
      await engine[Symbol.asyncDispose]();
    },
  };
}

export function unitSpec(kind: UnitSpec["kind"]): UnitSpec {
  return {
    id: newId(),
    kind,
    image: "busybox:latest",
    env: {},
    workspace: { type: "volume" },
    limits: { memoryBytes: 128 * MIB, cpus: 1, pids: 64 },
    writableRoot: true,
    capabilities: [],
    network: "none",
  };
}

export function jobSpec(command: readonly string[]): JobSpec {
  const confined = { writableRoot: false, user: { uid: 1000, gid: 1000 } };
  return { ...unitSpec("job"), ...confined, command, cwd: "/workspace", deadlineMs: 60_000 };
}

/** The whole output of a run that prints little. */
export async function printed(run: EngineRun): Promise<Printed> {
  const text = { stdout: "", stderr: "" };
  for await (const { stream, data } of run.output) text[stream] += Buffer.from(data).toString();
  return { out: text.stdout, err: text.stderr, exit: await run.exit };
}

/** Reads a run's stdout until it contains the text; the rest is read and dropped. */
export async function untilPrinted(run: EngineRun, text: string): Promise<void> {
  const iterator: AsyncIterator<OutputChunk> = run.output[Symbol.asyncIterator]();
  let seen = "";
  while (!seen.includes(text)) {
    const item = await iterator.next();
    if (item.done === true) throw new Error(`The run ended with "${seen}", without "${text}".`);
    seen += Buffer.from(item.value.data).toString();
  }
  const drop = async (): Promise<void> => {
    while ((await iterator.next()).done !== true);
  };
  void drop();
}

/** The error that the work tells. */
export async function failureOf(work: PromiseLike<unknown> | (() => unknown)): Promise<MoorageError> {
  try {
    await (typeof work === "function" ? work() : work);
  } catch (error) {
    if (isMoorageError(error)) return error;
    throw error;
  }
  throw new Error("Nothing went wrong.");
}

export async function removeImage(api: EngineApi, reference: string): Promise<void> {
  await api.head({ method: "DELETE", path: `/images/${reference}`, query: { force: "1" } });
}

async function processesOf(api: EngineApi, id: string): Promise<readonly string[]> {
  const reply = await api.json({ method: "GET", path: `/containers/moorage-${id}/top` }, ProcessesReply);
  return reply.Processes.map((fields) => fields.at(-1) ?? "");
}
