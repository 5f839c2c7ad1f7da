import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { describe, expect, it } from "vitest";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { openSqliteStore } from "../../store/sqlite/sqlite-store.ts";

/** A domain whose database a test can change behind its back. */
async function withReceipts(count: number) {
  const directory = await mkdtemp(join(tmpdir(), "moorage-receipts-"));
  const path = join(directory, "state.db");
  const domain = openMemoryDomain({ store: openSqliteStore(path) });
  for (let index = 0; index < count; index += 1) {
    await resultOf(domain.platform.job.run({ command: ["exit", String(index)] }));
  }
  return {
    domain,
    change: (sql: string) => {
      const database = new DatabaseSync(path);
      database.exec(sql);
      database.close();
    },
    [Symbol.asyncDispose]: async () => {
      await domain.context.store[Symbol.asyncDispose]();
      await domain[Symbol.asyncDispose]();
      await rm(directory, { recursive: true });
    },
  };
}

describe("receipts", () => {
  it("say what was measured, are chained, and verify", async () => {
    await using domain = openMemoryDomain();
    await resultOf(domain.platform.job.run({ command: ["exit", "3"] }));
    await resultOf(domain.platform.job.run({ command: ["echo", "hi"] }));
    const { items } = await domain.platform.receipt.list({});
    expect(items.map((item) => item.sequence)).toEqual([2, 1]);
    expect(items[1]).toMatchObject({ status: "failed", exitCode: 3, previous: null, owner: "alice", agentId: null });
    expect(items[0]).toMatchObject({ status: "succeeded", stdoutBytes: 3, previous: items[1]?.hash });
    expect(await domain.platform.receipt.verify({})).toMatchObject({ ok: true, count: 2, problems: [] });
    expect(await domain.platform.receipt.get({ receiptId: items[0]?.id ?? "" })).toEqual(items[0]);
  });

  it("of nobody else are shown, but the whole chain is exported", async () => {
    await using domain = openMemoryDomain();
    await resultOf(domain.platform.job.run({ command: ["true"] }));
    const receiptId = (await domain.platform.receipt.list({})).items[0]?.id ?? "";
    const bob = domain.platformOf("bob");
    expect((await bob.receipt.list({})).items).toEqual([]);
    await expect(bob.receipt.get({ receiptId })).rejects.toMatchObject({ code: "NOT_FOUND" });
    const exported = await Array.fromAsync(domain.platform.receipt.export({}));
    expect(exported.map((event) => event.type)).toEqual(["receipt", "head"]);
  });

  it("of an empty chain verify", async () => {
    await using domain = openMemoryDomain();
    expect(await domain.platform.receipt.verify({})).toMatchObject({ ok: true, count: 0 });
  });

  it("written by many at once are one chain without gaps", async () => {
    await using domain = openMemoryDomain();
    const runs = Array.from({ length: 20 }, () => resultOf(domain.platform.job.run({ command: ["true"] })));
    await Promise.all(runs);
    expect(await domain.platform.receipt.verify({})).toMatchObject({ ok: true, count: 20 });
  });

  it.each([
    [
      "one byte of a text",
      `UPDATE receipts SET text = replace(text, '"exitCode":1', '"exitCode":0') WHERE sequence = 2`,
    ],
    ["white space in a text", `UPDATE receipts SET text = text || ' ' WHERE sequence = 2`],
    ["a hash", `UPDATE receipts SET hash = 'sha256:00' WHERE sequence = 2`],
    ["a signature", `UPDATE receipts SET signature = 'AA==' WHERE sequence = 2`],
    ["an owner beside the text", `UPDATE receipts SET owner = 'mallory' WHERE sequence = 2`],
    ["a removed receipt", "DELETE FROM receipts WHERE sequence = 2"],
    ["the first one removed", "DELETE FROM receipts WHERE sequence = 1"],
    ["the last one cut off", "DELETE FROM receipts WHERE sequence = 3"],
    ["all removed", "DELETE FROM receipts"],
    [
      "two swapped",
      "UPDATE receipts SET sequence = CASE sequence WHEN 1 THEN -2 WHEN 2 THEN -1 ELSE sequence END; UPDATE receipts SET sequence = -sequence WHERE sequence < 0",
    ],
    ["the head removed", "DELETE FROM receipt_head"],
    ["the count in the head", `UPDATE receipt_head SET head = replace(head, '"count":3', '"count":2')`],
  ])("are found out after a change: %s", async (_what, sql) => {
    await using receipts = await withReceipts(3);
    receipts.change(sql);
    const verification = await receipts.domain.platform.receipt.verify({});
    expect(verification.ok).toBe(false);
    expect(verification.problems.length).toBeGreaterThan(0);
  });
});
