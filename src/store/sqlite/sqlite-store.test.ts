import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { isMoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { PendingChange, ReceiptRow, RunRow, SandboxRow, SnapshotRow, Store } from "../store.ts";
import { MIGRATIONS } from "./migrations.ts";
import { openSqliteStore } from "./sqlite-store.ts";

async function inDirectory(work: (path: string) => Promise<void>): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), "moorage-store-"));
  try {
    await work(join(directory, "state.db"));
  } finally {
    await rm(directory, { recursive: true });
  }
}

/** A database as it was after so many steps, and something else. */
function written(path: string, version: number, more = ""): void {
  const database = new DatabaseSync(path);
  database.exec(`${MIGRATIONS.slice(0, version).join("")} ${more}; PRAGMA user_version = ${version}`);
  database.close();
}

function sandbox(change: Partial<SandboxRow> = {}): SandboxRow {
  return {
    id: newId(),
    owner: "alice",
    name: null,
    conversationId: null,
    state: "running",
    reason: null,
    stateSince: new Date().toISOString(),
    pausedBy: null,
    poolKey: null,
    pending: null,
    revision: 0,
    labels: {},
    idleTimeoutMs: 0,
    ttlMs: null,
    expiresAt: null,
    image: null,
    imageDigest: null,
    snapshot: null,
    base: null,
    unitImage: null,
    dependencies: [],
    packageManager: null,
    useImageCommand: false,
    command: null,
    volume: null,
    directory: null,
    ports: [],
    readiness: null,
    readinessTimeoutMs: 60_000,
    readinessIntervalMs: 500,
    env: { KEY: "value" },
    profile: "sandbox",
    limits: { memoryBytes: 1, cpus: 1, pids: 1, diskBytes: 1, timeoutMs: 1 },
    network: "none",
    networkId: null,
    diskOverBytes: null,
    runtime: null,
    engine: "memory",
    isolation: "none",
    createdAt: new Date().toISOString(),
    lastActiveAt: new Date().toISOString(),
    holder: "1",
    ...change,
  };
}

function run(change: Partial<RunRow> = {}): RunRow {
  const { id: sandboxId, owner, image, imageDigest, profile, limits, network, engine, isolation, holder } = sandbox();
  const output = { stdout: Buffer.from("out"), stderr: new Uint8Array(), stdoutBytes: 3, stderrBytes: 0 };
  const end = { status: "succeeded", exitCode: 0, timedOut: false, oomKilled: false, signal: null } as const;
  const workspace = { workspacePath: null, workspaceHandedOver: false, workspaceBefore: null };
  return {
    ...{ id: newId(), kind: "job", sandboxId, owner, keyId: null, agentId: null, command: ["true"] },
    ...{ ...output, truncated: false, ...end, startedAt: new Date().toISOString(), durationMs: 1 },
    ...{ engine, isolation, image, imageDigest, profile, limits, network, runtime: null, peakMemoryBytes: null },
    ...{
      receiptId: null,
      warnings: [],
      reason: null,
      ...workspace,
      holder,
      handle: null,
      startedMs: null,
      endedAt: null,
      ...change,
    },
  };
}

function announced(id: string): PendingChange {
  return { id, action: "stop", by: "owner", reason: null, holder: "1" };
}

function snapshot(change: Partial<SnapshotRow> = {}): SnapshotRow {
  const { id, owner, image, dependencies, packageManager, engine, createdAt, holder } = sandbox();
  return {
    ...{ id, owner, name: null, comment: null, state: "ready", transient: false, sandboxId: id, image },
    ...{
      reference: "r",
      digest: "d",
      dependencies,
      packageManager,
      sizeBytes: 1,
      engine,
      createdAt,
      holder,
      sinceMs: 0,
    },
    ...change,
  };
}

function append(store: Store): Promise<ReceiptRow> {
  return store.receipts.append(
    (last) => {
      const sequence = (last?.sequence ?? 0) + 1;
      const row = {
        sequence,
        id: newId(),
        owner: "alice",
        text: "{}",
        hash: `hash ${sequence}`,
        signature: "s",
        change: false,
      };
      return { row, head: { deployment: newId(), count: sequence, hash: row.hash, signature: "s" } };
    },
    { run: run() },
  );
}

describe("the store", () => {
  it("keeps what it was given when it is opened again", () =>
    inDirectory(async (path) => {
      const row = sandbox({ name: "kept" });
      {
        await using store = openSqliteStore(path);
        await store.sandboxes.insert(row);
      }
      await using store = openSqliteStore(path);
      expect(await store.sandboxes.find("alice", "kept")).toEqual(row);
      expect(await store.sandboxes.find("bob", "kept")).toBeUndefined();
    }));

  it("keeps the opening of a run, and its handle, for whoever opens it next", () =>
    inDirectory(async (path) => {
      const opened = run({ kind: "exec", status: "running", exitCode: null });
      await using store = openSqliteStore(path);
      await store.runs.insert(opened);
      await store.runs.setStarted(opened.id, { handle: "handle", startedMs: 1.5 });
      await using other = openSqliteStore(path);
      expect(await other.runs.open()).toMatchObject([{ id: opened.id, handle: "handle", startedMs: 1.5 }]);
    }));

  it("has a name once for each owner, and a conversation id once", async () => {
    await using store = openSqliteStore(":memory:");
    await store.sandboxes.insert(sandbox({ name: "a", conversationId: "c" }));
    await store.sandboxes.insert(sandbox({ owner: "bob", name: "a" }));
    await store.sandboxes.insert(sandbox());
    await store.sandboxes.insert(sandbox());
    const twice = store.sandboxes.insert(sandbox({ name: "a" }));
    await expect(twice).rejects.toMatchObject({ code: "CONFLICT", message: expect.stringContaining('"a"') as string });
    const taken = store.sandboxes.insert(sandbox({ owner: "bob", conversationId: "c" }));
    await expect(taken).rejects.toMatchObject({ code: "CONFLICT" });
  });

  it("finds by id before name, where somebody named a sandbox like another's id", async () => {
    await using store = openSqliteStore(":memory:");
    const first = sandbox();
    await store.sandboxes.insert(first);
    await store.sandboxes.insert(sandbox({ name: first.id }));
    expect((await store.sandboxes.find("alice", first.id))?.id).toBe(first.id);
  });

  it("finds the sandboxes behind a proxy among all others", async () => {
    await using store = openSqliteStore(":memory:");
    const network = "allow:example.org";
    const behind = [sandbox({ network }), sandbox({ network, owner: "bob", state: "paused" })];
    const others = [
      ...[sandbox(), sandbox({ network: "internal" }), sandbox({ network: "open" })],
      ...[sandbox({ network, state: "stopped" }), sandbox({ network, engine: "docker" })],
    ];
    for (const row of [...behind, ...others]) await store.sandboxes.insert(row);
    const ids = (await store.sandboxes.behindProxy("memory")).map(({ id }) => id);
    expect(ids.toSorted()).toEqual(behind.map(({ id }) => id).toSorted());
  });

  it("tells of all in a state what an engine is compared with, of whomever", async () => {
    await using store = openSqliteStore(":memory:");
    const pending = announced("1");
    const rows = [
      sandbox({ state: "running", revision: 3 }),
      sandbox({ state: "stopped", owner: "bob", engine: "docker", pending }),
      sandbox({ state: "archived" }),
    ];
    for (const row of rows) await store.sandboxes.insert(row);
    const [running, stopped] = rows.map(({ id, engine, state, revision }) => ({ id, engine, state, revision }));
    expect(await store.sandboxes.glances(["running", "stopped", "lost"])).toEqual([
      { ...running, changing: false },
      { ...stopped, changing: true },
    ]);
  });

  it("finds those for which something may be due, each once", async () => {
    await using store = openSqliteStore(":memory:");
    const [before, now, later] = ["2025-01-01T00:00:00.000Z", "2026-01-01T00:00:00.000Z", "2026-01-01T00:00:00.001Z"];
    const due = [
      ...[sandbox({ state: "starting" }), sandbox({ state: "running", owner: "bob", engine: "docker" })],
      sandbox({ state: "running", expiresAt: now, pending: announced("1") }),
      ...[sandbox({ state: "archived", pending: announced("2") }), sandbox({ state: "archived", expiresAt: now })],
      ...[sandbox({ state: "paused", stateSince: before }), sandbox({ state: "stopped", stateSince: before })],
    ];
    const others = [
      ...[sandbox({ state: "archived", stateSince: before }), sandbox({ state: "lost", stateSince: before })],
      ...[
        sandbox({ state: "paused", stateSince: now }),
        sandbox({ state: "stopped", stateSince: now, expiresAt: later }),
      ],
      ...[sandbox({ state: "error", stateSince: before }), sandbox({ state: "pool", poolKey: "k", owner: "" })],
    ];
    for (const row of [...due, ...others]) await store.sandboxes.insert(row);
    const ids = async (restingSince: string | null) =>
      (await store.sandboxes.due({ now, restingSince })).map(({ id }) => id).toSorted();
    expect(await ids(before)).toEqual(due.map(({ id }) => id).toSorted());
    expect(await ids(null)).toEqual(
      due
        .slice(0, 5)
        .map(({ id }) => id)
        .toSorted(),
    );
  });

  it("knows the engines on which something is", async () => {
    await using store = openSqliteStore(":memory:");
    expect(await store.engines()).toEqual([]);
    await store.runs.insert(run({ engine: "docker" }));
    expect(await store.engines()).toEqual([]);
    await store.sandboxes.insert(sandbox({ engine: "memory" }));
    await store.sandboxes.insert(sandbox({ engine: "memory" }));
    await store.runs.insert(run({ engine: "process", status: "running" }));
    expect([...(await store.engines())].toSorted()).toEqual(["memory", "process"]);
  });

  it("finds what nobody has claimed", async () => {
    await using store = openSqliteStore(":memory:");
    const pooled = { owner: "", poolKey: "k" };
    const [ready, ...others] = [
      sandbox({ ...pooled, state: "pool" }),
      ...[sandbox({ ...pooled, state: "starting" }), sandbox({ ...pooled, state: "pool", engine: "docker" })],
    ] as const;
    const unclaimed = [ready, ...others];
    for (const row of [...unclaimed, sandbox({ state: "starting" })]) await store.sandboxes.insert(row);
    const found = async () => (await store.sandboxes.unclaimed()).map(({ id }) => id);
    expect(await found()).toEqual(unclaimed.map(({ id }) => id));
    const claimed = await store.sandboxes.claim({ poolKey: "k", engine: "memory", limits: ready.limits }, (row) => ({
      ...row,
      owner: "bob",
      state: "running",
      poolKey: null,
    }));
    expect(claimed?.id).toBe(ready.id);
    expect(await found()).toEqual(others.map(({ id }) => id));
  });

  it("knows the host ports that sandboxes have, until they go", async () => {
    await using store = openSqliteStore(":memory:");
    const row = sandbox({ name: "web", ports: [{ port: 80, hostPort: 8080, protocol: "tcp" }] });
    await store.sandboxes.insert(row);
    expect(await store.sandboxes.isHostPortTaken(8080)).toBe(true);
    expect(await store.sandboxes.isHostPortTaken(8081)).toBe(false);
    const same = sandbox({ ports: [{ port: 90, hostPort: 8080, protocol: "tcp" }] });
    await expect(store.sandboxes.insert(same)).rejects.toMatchObject({
      code: "CONFLICT",
      message: 'The host port 8080/tcp is taken by your sandbox "web".',
    });
    await store.sandboxes.insert(sandbox({ owner: "bob", ports: [{ port: 90, hostPort: 8080, protocol: "udp" }] }));
    await store.sandboxes.remove(row.id);
    await store.sandboxes.insert(same);
  });

  it("knows which snapshots are left over, and who is made of one", async () => {
    await using store = openSqliteStore(":memory:");
    const [taking, kept, unused] = [snapshot({ state: "taking" }), snapshot(), snapshot({ transient: true })] as const;
    const [forked, archived] = [snapshot({ transient: true }), snapshot({ transient: true })] as const;
    for (const row of [taking, kept, unused, forked, archived, snapshot({ state: "removing", engine: "docker" })]) {
      await store.snapshots.insert(row, 100);
    }
    const of = (row: SnapshotRow) => ({ id: row.id, name: row.name, forkOf: null });
    const fork = sandbox({ name: "fork", snapshot: of(forked) });
    await store.sandboxes.insert(fork);
    const base = { id: archived.id, reference: "", digest: "" };
    const rested = sandbox({ state: "archived", base });
    await store.sandboxes.insert(rested);
    await store.sandboxes.insert(sandbox({ state: "error", snapshot: of(unused) }));
    const left = (await store.snapshots.leftover("memory")).map(({ id }) => id);
    expect(left.toSorted()).toEqual([taking.id, unused.id].toSorted());
    expect(await store.snapshots.users(forked.id)).toEqual([{ id: fork.id, name: "fork" }]);
    expect(await store.snapshots.users(archived.id)).toEqual([{ id: rested.id, name: null }]);
    expect(await store.snapshots.users(unused.id)).toEqual([]);
  });

  it("knows who is in a network: sandboxes and open jobs of its owner, whatever else has its name", async () => {
    await using store = openSqliteStore(":memory:");
    const row = { id: newId(), owner: "alice", name: "team", engine: "memory", removing: false } as const;
    await store.networks.insert({ ...row, createdAt: new Date().toISOString() });
    const joined = { network: "net:team", networkId: row.id };
    const web = sandbox({ name: "web", ...joined });
    await store.sandboxes.insert(web);
    await store.sandboxes.insert(sandbox({ name: "failed", ...joined, state: "error" }));
    await store.sandboxes.insert(sandbox({ name: "web", owner: "bob", network: "net:team" }));
    const open = { network: "net:team", status: "running" } as const;
    const agent = run({ ...open, kind: "agent", agentId: "builder" });
    for (const each of [agent, run({ ...open, kind: "exec" }), run({ network: "net:team" })]) {
      await store.runs.insert(each);
    }
    const users = [
      { id: web.id, kind: "sandbox", name: "web", state: "running" },
      { id: agent.sandboxId, kind: "agent", name: "builder", state: "running" },
    ];
    expect(await store.networks.users(row.id)).toEqual(users);
    expect(await store.networks.retire(row.id)).toEqual(users);
    expect(await store.networks.ids("memory")).toEqual(new Set([row.id]));
    expect(await store.networks.ids("docker")).toEqual(new Set());
    expect(await store.networks.retire(row.id, { inUse: true })).toEqual([]);
    await expect(store.sandboxes.insert(sandbox(joined))).rejects.toMatchObject({
      code: "CONFLICT",
      message: 'The network "team" was removed while the sandbox was being prepared.',
      hint: "Make it again: `moorage network ensure team`.",
    });
  });

  it("gives a sandbox no volume that is being removed or gone, and removes none that a sandbox works in", async () => {
    await using store = openSqliteStore(":memory:");
    const volume = { id: newId(), name: "data", shared: true };
    const createdAt = new Date().toISOString();
    const row = { id: volume.id, owner: "alice", name: "data", engine: "memory", createdAt, removing: false } as const;
    await store.volumes.insert(row);
    const user = sandbox({ name: "user", volume });
    await store.sandboxes.insert(user);
    expect(await store.volumes.retire(volume.id)).toMatchObject([{ id: user.id, name: "user" }]);
    expect(await store.volumes.find("alice", "data")).toEqual(row);
    await store.sandboxes.remove(user.id);
    expect(await store.volumes.retire(volume.id)).toEqual([]);
    expect(await store.volumes.list("alice")).toEqual([{ ...row, removing: true }]);
    const refused = {
      code: "CONFLICT",
      message: 'The volume "data" was removed while the sandbox was being prepared.',
      hint: "Repeat the command: it makes the volume anew.",
    };
    await expect(store.sandboxes.insert(user)).rejects.toMatchObject(refused);
    await store.volumes.remove(volume.id);
    await expect(store.sandboxes.insert(user)).rejects.toMatchObject(refused);
    expect(await store.sandboxes.all()).toEqual([]);
  });

  it("lists runs without what they printed", async () => {
    await using store = openSqliteStore(":memory:");
    const { stdout: _stdout, stderr: _stderr, ...summary } = run();
    await store.runs.insert({ ...summary, stdout: Buffer.alloc(1024 * 1024), stderr: Buffer.from("err") });
    const { items } = await store.runs.list("alice", {}, { limit: 10 });
    expect(items).toEqual([summary]);
    expect((await store.runs.find("alice", summary.id))?.stdout).toHaveLength(1024 * 1024);
  });

  it("knows which ended runs are not kept, by age and by number, and moves their times with the clock", async () => {
    await using store = openSqliteStore(":memory:");
    const ended = [1_000, 2_000, 3_000].map((endedAt) => run({ endedAt }));
    await store.runs.insert(run({ status: "running" }));
    for (const [index, row] of ended.entries()) {
      await store.runs.insert({ ...row, status: "running", endedAt: null });
      await store.receipts.append(
        () => {
          const link = {
            sequence: index + 1,
            id: newId(),
            owner: "alice",
            text: "{}",
            hash: "h",
            signature: "s",
            change: false,
          };
          return { row: link, head: { deployment: newId(), count: index + 1, hash: "h", signature: "s" } };
        },
        { run: row },
      );
    }
    const [first, second, third] = ended.map(({ id }) => id);
    const { runs } = store;
    expect(await runs.unkept({ maxAgeMs: 0, maxCount: 0 }, 1e9)).toEqual([]);
    expect(await runs.unkept({ maxAgeMs: 500, maxCount: 0 }, 2_501)).toEqual([first, second]);
    expect(await runs.unkept({ maxAgeMs: 0, maxCount: 2 }, 0)).toEqual([first]);
    expect(await runs.unkept({ maxAgeMs: 500, maxCount: 0 }, 2_501, [first ?? ""])).toEqual([second]);
    expect(await runs.unkept({ maxAgeMs: 0, maxCount: 1 }, 0, [first ?? ""])).toEqual([second]);
    expect(await runs.unkept({ maxAgeMs: 0, maxCount: 2 }, 0, [first ?? ""])).toEqual([]);
    await store.sandboxes.shiftTimers(10_000, () => undefined);
    expect(await runs.unkept({ maxAgeMs: 500, maxCount: 0 }, 2_501)).toEqual([]);
    expect(await runs.unkept({ maxAgeMs: 500, maxCount: 0 }, 12_501)).toEqual([first, second]);
    await runs.remove(first ?? "", second ?? "");
    expect(await runs.unkept({ maxAgeMs: 1, maxCount: 0 }, 1e9)).toEqual([third]);
    expect(await runs.open()).toHaveLength(1);
  });

  it("closes a run together with its receipt", async () => {
    await using store = openSqliteStore(":memory:");
    const ended = run();
    await store.runs.insert({ ...ended, status: "running", stdout: new Uint8Array() });
    expect(await store.runs.claim(ended.id, "1", "2")).toBe(true);
    expect(await store.runs.claim(ended.id, "1", "3")).toBe(false);
    const receipt = await store.receipts.append(
      () => {
        const row = { sequence: 1, id: newId(), owner: "alice", text: "{}", hash: "h", signature: "s", change: false };
        return { row, head: { deployment: newId(), count: 1, hash: "h", signature: "s" } };
      },
      { run: ended },
    );
    expect(await store.runs.open()).toEqual([]);
    const kept = await store.runs.find("alice", ended.id);
    expect(kept).toEqual({ ...ended, stdout: Uint8Array.from(ended.stdout), receiptId: receipt.id });
  });

  it.each([
    ["the same directory", "/w/a", "/w/a", false, true],
    ["the same one, lent by root", "/w/a", "/w/a", true, false],
    ["one above", "/w/a", "/w", false, false],
    ["one below", "/w/a", "/w/a/b", false, false],
    ["a sibling", "/w/a", "/w/ab", true, true],
  ])("lets two open runs work in %s: %s and %s", async (...[, first, second, workspaceHandedOver, allowed]) => {
    await using store = openSqliteStore(":memory:");
    const open = { status: "running", workspaceHandedOver } as const;
    await store.runs.insert(run({ ...open, workspacePath: first }));
    const inserting = store.runs.insert(run({ ...open, workspacePath: second })).then(
      () => "taken",
      (error: unknown) => (isMoorageError(error) ? error.code : "?"),
    );
    expect(await inserting).toBe(allowed ? "taken" : "CONFLICT");
  });

  it("is one chain for everybody who opens it", () =>
    inDirectory(async (path) => {
      await using one = openSqliteStore(path);
      await using two = openSqliteStore(path);
      await Promise.all(Array.from({ length: 20 }, (_, index) => append(index % 2 === 0 ? one : two)));
      const chain = await Array.fromAsync(one.receipts.chain());
      expect(chain.map((row) => row.sequence)).toEqual(Array.from({ length: 20 }, (_, index) => index + 1));
      expect((await two.receipts.head())?.count).toBe(20);
    }));

  it("changes a state only from where it was seen, once of many at a time", async () => {
    await using store = openSqliteStore(":memory:");
    const row = sandbox();
    await store.sandboxes.insert(row);
    const pending = { id: "1", action: "stop", by: "owner", reason: null, holder: "1" } as const;
    const begin = () => store.sandboxes.transition(row.id, { states: ["running"], pending: null }, { pending });
    const begun = (await Promise.all([begin(), begin(), begin()])).filter((changed) => changed !== undefined);
    expect(begun).toMatchObject([{ pending, revision: 1 }]);
    const stopped = { state: "stopped", pending: null } as const;
    expect(await store.sandboxes.transition(row.id, { pending: "2" }, stopped)).toBeUndefined();
    expect(await store.sandboxes.transition(row.id, { revision: 0 }, stopped)).toBeUndefined();
    expect(await store.sandboxes.transition(row.id, { states: ["paused"] }, stopped)).toBeUndefined();
    expect(await store.sandboxes.transition(newId(), {}, stopped)).toBeUndefined();
    expect(await store.sandboxes.remove(row.id, { pending: "2" })).toBe(false);
    expect(await store.sandboxes.transition(row.id, { pending: "1" }, stopped)).toEqual({
      ...row,
      ...stopped,
      revision: 2,
    });
    expect(await store.sandboxes.get(row.id)).toMatchObject(stopped);
  });

  it("walks a chain longer than one batch", async () => {
    await using store = openSqliteStore(":memory:");
    for (let index = 0; index < 1001; index += 1) await append(store);
    expect(await Array.fromAsync(store.receipts.chain())).toHaveLength(1001);
  });

  it("leaves nothing of an append that failed", async () => {
    await using store = openSqliteStore(":memory:");
    await append(store);
    const ended = run();
    await store.runs.insert({ ...ended, status: "running" });
    const failing = store.receipts.append(
      () => {
        throw new Error("no key");
      },
      { run: ended },
    );
    await expect(failing).rejects.toThrow("no key");
    expect((await append(store)).sequence).toBe(2);
    expect(await store.runs.open()).toHaveLength(1);
  });

  it.each([...MIGRATIONS.keys(), MIGRATIONS.length])("that had %i steps is brought up to date", (version) =>
    inDirectory(async (path) => {
      written(path, version);
      await using store = openSqliteStore(path);
      const row = sandbox();
      await store.sandboxes.insert(row);
      expect(await store.sandboxes.get(row.id)).toEqual(row);
    }),
  );

  it("of an older Moorage keeps its volumes", () =>
    inDirectory(async (path) => {
      const volume = "INSERT INTO volumes VALUES ('v', 'alice', 'data', 'memory', '2026-01-01T00:00:00.000Z')";
      written(path, 1, volume);
      await using store = openSqliteStore(path);
      expect(await store.volumes.list("alice")).toMatchObject([{ id: "v", name: "data", removing: false }]);
    }));

  it.each([
    ["before its last version was final", 2, "DROP INDEX runs_ended; ALTER TABLE runs DROP COLUMN ended_at"],
    ["before its first version was final", 1, "DROP TABLE volumes"],
    ["with an index too few", 2, "DROP INDEX sandboxes_by_state"],
    ["by something else", 0, "CREATE TABLE notes (text TEXT)"],
  ])("written %s is refused, with the directory to move away, and left as it is", (_when, version, change) =>
    inDirectory(async (path) => {
      written(path, version, change);
      const before = await readFile(path);
      const home = dirname(path);
      expect(() => openSqliteStore(path)).toThrow(
        expect.objectContaining({
          code: "STATE_UNUSABLE",
          message: `The state in ${path} was written by a working copy of Moorage between releases, or by something else: its tables are not those of schema ${version}.`,
          hint: `Move the whole directory away, \`mv ${home} ${home}.old\`, or name another with MOORAGE_HOME; what it had on an engine stays there.`,
        }) as Error,
      );
      expect((await readFile(path)).subarray(100)).toEqual(before.subarray(100));
    }),
  );

  it("of a newer Moorage is refused with both versions", () =>
    inDirectory(async (path) => {
      const database = new DatabaseSync(path);
      database.exec("PRAGMA user_version = 99");
      database.close();
      expect(() => openSqliteStore(path)).toThrow(/schema 99; this Moorage knows up to \d+/);
    }));

  it("that is no database is STATE_UNUSABLE with its path", () =>
    inDirectory(async (path) => {
      await writeFile(path, "this is not a database, though it is long enough to look like one".repeat(20));
      expect(() => openSqliteStore(path)).toThrow(
        expect.objectContaining({ code: "STATE_UNUSABLE", message: expect.stringContaining(path) as string }) as Error,
      );
    }));
});
