import type { RemotePlatform } from "../../../src/main/remote-platform.ts";
import type { RunResult } from "../../../src/contracts/types.ts";

const IMAGE = "busybox:latest";
/** What a job's or a run's command ends with, so that an answer cannot be right by chance. */
const EXIT_CODE = 7;
/** It never ends by itself: after a kill it is found and ended, and nothing of it may be left. */
export const LONG_PROGRAM = "sleep 86399";
const CLAIMS_AT_ONCE = 3;
const RUNS_AT_ONCE = 6;
/** More than end before the kill. */
const RUNS_IN_A_ROW = 100;

/** What the client of a killed server knows for certain: what it was answered. */
export type Told = {
  readonly created: Map<string, string>;
  readonly removed: Set<string>;
  /** Sandboxes that two creates were answered. */
  readonly twice: string[];
  readonly snapshots: Set<string>;
  readonly results: RunResult[];
};

export type Round = { readonly platform: RemotePlatform; readonly index: number; readonly told: Told };

/** One kind of work, and how long it takes at most where nothing disturbs it: the kill falls within that time. */
export type Work = { readonly name: string; readonly spreadMs: number; readonly run: (round: Round) => Promise<void> };

export const WORKS: readonly Work[] = [
  { name: "create", spreadMs: 600, run: createTwice },
  { name: "claim", spreadMs: 60, run: claims },
  { name: "exec", spreadMs: 250, run: (round) => exec(round, `echo ${round.index} > mark-${round.index}; exit 0`) },
  { name: "failing exec", spreadMs: 250, run: (round) => exec(round, `exit ${EXIT_CODE}`) },
  { name: "long exec", spreadMs: 250, run: (round) => exec(round, LONG_PROGRAM) },
  { name: "receipts", spreadMs: 250, run: receipts },
  { name: "job", spreadMs: 900, run: job },
  { name: "remove", spreadMs: 500, run: remove },
  { name: "snapshot", spreadMs: 900, run: snapshot },
  { name: "fork", spreadMs: 1500, run: fork },
];

/** The pool has none like it, so that it is started when it is asked for. */
const OWN_LIMIT = { pids: 99 };

async function create({ platform, told }: Round, name: string, wish: { pids?: number }): Promise<string> {
  const { id } = await platform.sandbox.create({ name, image: IMAGE, ...wish });
  if ((told.created.get(id) ?? name) !== name) told.twice.push(id);
  told.created.set(id, name);
  return id;
}

/** Two that ask for one name at once get one sandbox. */
async function createTwice(round: Round): Promise<void> {
  const name = `kill-${round.index}`;
  const ids = await all([create(round, name, OWN_LIMIT), create(round, name, OWN_LIMIT)]);
  if (new Set(ids).size > 1) round.told.twice.push(...ids);
}

/** More at once than the pool has. */
async function claims(round: Round): Promise<void> {
  const names = Array.from({ length: CLAIMS_AT_ONCE }, (_, index) => `claim-${round.index}-${index}`);
  await all(names.map((name) => create(round, name, {})));
}

/** Runs that end all the time, so that the kill falls among receipts that are being written. */
async function receipts(round: Round): Promise<void> {
  const inARow = async (): Promise<void> => {
    for (let count = 0; count < RUNS_IN_A_ROW; count += 1) await exec(round, `exit ${EXIT_CODE}`);
  };
  await all(Array.from({ length: RUNS_AT_ONCE }, inARow));
}

/** All have ended before the first failure is told, so that what each was answered is known. */
async function all<T>(works: readonly Promise<T>[]): Promise<T[]> {
  const ended = await Promise.allSettled(works);
  return ended.map((each) => {
    if (each.status === "rejected") throw each.reason;
    return each.value;
  });
}

async function exec({ platform, told }: Round, script: string): Promise<void> {
  const [id] = told.created.keys();
  if (id === undefined) throw new Error("There is no sandbox to run in.");
  await follow(platform.sandbox.exec({ id, command: ["sh", "-c", script] }), told);
}

async function job({ platform, told }: Round): Promise<void> {
  await follow(platform.job.run({ image: IMAGE, command: ["sh", "-c", `exit ${EXIT_CODE}`], timeoutMs: 20_000 }), told);
}

async function remove({ platform, index, told }: Round): Promise<void> {
  const { id } = await platform.sandbox.create({ name: `gone-${index}`, image: IMAGE });
  told.created.set(id, `gone-${index}`);
  // From here on nobody knows, until the answer comes.
  told.created.delete(id);
  await platform.sandbox.remove({ id });
  told.removed.add(id);
}

async function snapshot({ platform, index, told }: Round): Promise<void> {
  const [id = ""] = told.created.keys();
  const taken = await platform.sandbox.snapshot({ id, name: `snapshot-${index}` });
  told.snapshots.add(taken.id);
}

async function fork({ platform, index, told }: Round): Promise<void> {
  const [id = ""] = told.created.keys();
  const name = `fork-${index}`;
  const made = await platform.sandbox.fork({ id, name });
  told.created.set(made.id, name);
}

async function follow(events: ReturnType<RemotePlatform["job"]["run"]>, told: Told): Promise<void> {
  for await (const event of events) if (event.type === "result") told.results.push(event.result);
}
