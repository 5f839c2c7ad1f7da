import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, beforeEach, expect, onTestFailed, type OnTestFailedHandler } from "vitest";
import { withDeadline } from "../../base/deadline.ts";
import { newId } from "../../base/ids.ts";
import type { Engine, EngineRun, JobSpec, RunSpec, UnitSpec } from "../engine.ts";
import { createUnitLabels, type UnitLabels } from "../unit-labels.ts";
import type { ConformanceHarness } from "./harness.ts";

const MIB = 1024 * 1024;
/** No single call of a healthy engine takes longer; one that hangs fails here, not at the runner's timeout. */
const CALL_MS = 20_000;

/** After so many tests that waited in vain the others fail at once: an engine that hangs does not hold up everything. */
const HANGS_ALLOWED = 3;
const HANG = /did not finish within|timed out/;

export type Unit = AsyncDisposable & { readonly id: string };
export type Job = Unit & { readonly run: EngineRun };
export type JobWish = Partial<JobSpec> & { readonly command: readonly string[] };

/** One deployment on the engine under test; whatever it makes is removed again. */
export type Fixture = {
  readonly harness: ConformanceHarness;
  readonly engine: Engine;
  readonly labels: UnitLabels;
  readonly sandbox: (wish?: Partial<UnitSpec>) => Promise<Unit>;
  readonly job: (wish: JobWish) => Promise<Job>;
  readonly exec: (unit: Unit, command: readonly string[], wish?: Partial<RunSpec>) => Promise<EngineRun>;
  /** Another engine on the same host, closed by the caller. */
  readonly openAgain: (labels?: UnitLabels) => Promise<Engine>;
};

/** Opens a fixture for the surrounding `describe`, and expects at its end that no unit is left. */
export function useFixture(harness: ConformanceHarness): () => Fixture {
  let fixture: Fixture | undefined;
  let hangs = 0;
  beforeEach(({ onTestFailed }) => {
    if (hangs >= HANGS_ALLOWED) throw new Error(`The engine did not answer in ${hangs} tests; it is not asked again.`);
    onTestFailed(({ task }) => {
      if (task.result?.errors?.some((error) => HANG.test(error.message))) hangs += 1;
    });
  });
  beforeAll(async () => {
    fixture = await openFixture(harness);
  }, CALL_MS);
  afterAll(async () => {
    if (fixture === undefined) return;
    const left = await soon(fixture.engine.list(), "list");
    for (const unit of left) await soon(fixture.engine.remove(unit.id), `remove ${unit.id}`);
    await soon(fixture.engine[Symbol.asyncDispose](), "closing the engine");
    expect(left, "units that the tests left behind").toEqual([]);
  }, 3 * CALL_MS);
  return () => {
    if (fixture === undefined) throw new Error("The engine could not be opened.");
    return fixture;
  };
}

/** One sandbox for all tests of the surrounding `describe`: for cases that leave nothing behind in it. */
export function useSandbox(fixture: () => Fixture, wish: Partial<UnitSpec> = {}): () => Unit {
  let unit: Unit | undefined;
  beforeAll(async () => {
    const { engine, harness } = fixture();
    const spec = sandboxSpec(harness, wish);
    await soon(engine.createSandbox(spec), `createSandbox ${spec.id}`);
    unit = disposable(engine, spec.id);
  }, 2 * CALL_MS);
  beforeEach((context) => {
    if (unit !== undefined) context.onTestFailed(naming(unit.id));
  });
  afterAll(async () => {
    await unit?.[Symbol.asyncDispose]();
  }, 2 * CALL_MS);
  return () => {
    if (unit === undefined) throw new Error("The sandbox could not be created.");
    return unit;
  };
}

async function openFixture(harness: ConformanceHarness): Promise<Fixture> {
  const labels = newLabels();
  const engine = await soon(harness.open(labels), "open");
  return {
    harness,
    engine,
    labels,
    sandbox: async (wish = {}) => {
      const spec = sandboxSpec(harness, wish);
      onTestFailed(naming(spec.id));
      await soon(engine.createSandbox(spec), `createSandbox ${spec.id}`);
      return disposable(engine, spec.id);
    },
    job: async (wish) => {
      const spec = jobSpec(harness, wish);
      onTestFailed(naming(spec.id));
      const run = await soon(engine.startJob(spec), `startJob ${spec.id}`);
      return { ...disposable(engine, spec.id), run };
    },
    exec: (unit, command, wish = {}) => soon(engine.exec(unit.id, runSpec(command, wish)), `exec in ${unit.id}`),
    openAgain: (other = labels) => soon(harness.open(other), "open"),
  };
}

export function newLabels(): UnitLabels {
  return createUnitLabels(newId(), randomBytes(32));
}

export function runSpec(command: readonly string[], wish: Partial<RunSpec> = {}): RunSpec {
  return { command, env: {}, cwd: "/workspace", ...wish };
}

export function sandboxSpec(harness: ConformanceHarness, wish: Partial<UnitSpec> = {}): UnitSpec {
  const limits = { memoryBytes: 256 * MIB, cpus: 1, pids: 128 };
  const defaults = { env: {}, workspace: { type: "volume" }, limits, writableRoot: true, capabilities: [] } as const;
  return { id: newId(), kind: "sandbox", network: "none", ...defaults, ...harness.baseSpec("sandbox"), ...wish };
}

export function jobSpec(harness: ConformanceHarness, wish: JobWish): JobSpec {
  const user = { uid: 1000, gid: 1000 };
  const base = sandboxSpec(harness, { kind: "job", user, writableRoot: false, ...harness.baseSpec("job"), ...wish });
  const cwd = "/workspace";
  return { deadlineMs: 60_000, cwd, ...base, ...wish, env: { ...base.env, ...wish.env } };
}

/** The work's result, or a failure that says what hangs. */
export function soon<T>(work: PromiseLike<T>, what: string, ms: number = CALL_MS): Promise<T> {
  return withDeadline(Promise.resolve(work), ms, what);
}

function disposable(engine: Engine, id: string): Unit {
  return { id, [Symbol.asyncDispose]: () => soon(engine.remove(id), `remove ${id}`) };
}

/** Puts the unit's id into the message of a test's failure. */
function naming(id: string): OnTestFailedHandler {
  return ({ task }) => {
    for (const error of task.result?.errors ?? []) error.message += ` (unit ${id})`;
  };
}
