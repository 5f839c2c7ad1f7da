import { expect, it } from "vitest";
import { openDatabase, type Database } from "./database.ts";
import { createSandboxRows } from "./sandbox-rows.ts";
import { createSnapshotRows } from "./snapshot-rows.ts";

/** The database, which notes how SQLite looks for what it is asked. */
function explained(database: Database, plan: string[]): Database {
  const explain = (sql: string, ...values: Parameters<Database["all"]> extends [string, ...infer V] ? V : never) => {
    plan.push(...database.all(`EXPLAIN QUERY PLAN ${sql}`, ...values).map(({ detail }) => String(detail)));
  };
  return {
    ...database,
    all: (sql, ...values) => {
      explain(sql, ...values);
      return database.all(sql, ...values);
    },
    get: (sql, ...values) => {
      explain(sql, ...values);
      return database.get(sql, ...values);
    },
  };
}

type Rows = {
  readonly sandboxes: ReturnType<typeof createSandboxRows>;
  readonly snapshots: ReturnType<typeof createSnapshotRows>;
};

const oftenAsked: Readonly<Record<string, (rows: Rows) => Promise<unknown>>> = {
  "a sandbox by its name": ({ sandboxes }) => sandboxes.find("alice", "web"),
  "a sandbox of the pool": ({ sandboxes }) =>
    sandboxes.claim({ poolKey: "key", engine: "memory", limits: { memoryBytes: 1, cpus: 1, pids: 1 } }, (row) => row),
  "those in a state": ({ sandboxes }) => sandboxes.glances(["running"]),
  "what may be due": ({ sandboxes }) => sandboxes.due({ now: "2026", restingSince: "2026" }),
  "what is changing": ({ sandboxes }) => sandboxes.changing(),
  "what nobody has claimed": ({ sandboxes }) => sandboxes.unclaimed(),
  "those behind a proxy": ({ sandboxes }) => sandboxes.behindProxy("memory"),
  "a host port": ({ sandboxes }) => sandboxes.isHostPortTaken(8080),
  "the users of a snapshot": ({ snapshots }) => snapshots.users("base"),
  "snapshots that are left over": ({ snapshots }) => snapshots.leftover("memory"),
};

it.each(Object.entries(oftenAsked))("%s is found without looking through all sandboxes", async (_what, ask) => {
  const database = openDatabase(":memory:");
  try {
    const plan: string[] = [];
    const counting = explained(database, plan);
    await ask({
      sandboxes: createSandboxRows(counting, (_owner, work) => work()),
      snapshots: createSnapshotRows(counting),
    });
    expect(plan.length).toBeGreaterThan(0);
    // Through a whole index only where that has nothing but what is looked for; by owner it would be all of theirs.
    expect(plan.filter((step) => /^SCAN (?!.* USING (COVERING )?INDEX )|sandboxes_by_owner/.test(step))).toEqual([]);
  } finally {
    database.close();
  }
});
