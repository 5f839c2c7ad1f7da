import { rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { MIGRATIONS } from "../../src/store/sqlite/migrations.ts";
import { busyboxSandbox, openHome } from "../fixtures/command-line.ts";
import { startServer } from "../fixtures/running-server.ts";

it.each([1, 4, 9, MIGRATIONS.length - 1])(
  "a home whose database has schema %i is opened by this server, and its sandbox works on",
  async (version) => {
    await using home = await openHome();
    await busyboxSandbox(home, "--name", "lab");
    expect(await home.moorage(["sandbox", "exec", "lab", "--", "sh", "-c", "echo kept > note"])).toMatchObject({
      code: 0,
    });
    const path = join(home.path, "moorage.db");
    await putBack(path, version);

    await using server = await startServer(home);
    expect(await server.sdk.sandbox.list({})).toMatchObject({ items: [{ name: "lab", state: "running" }] });
    expect(await home.moorage(["sandbox", "exec", "lab", "--", "cat", "note"])).toMatchObject({
      code: 0,
      stdout: "kept\n",
    });
    expect(await server.sdk.receipt.verify({})).toMatchObject({ ok: true });
    const copy = new DatabaseSync(`${path}.before-upgrade`, { readOnly: true });
    expect(copy.prepare("SELECT name FROM sandboxes").all()).toEqual([{ name: "lab" }]);
    expect(copy.prepare("PRAGMA user_version").get()).toEqual({ user_version: version });
    copy.close();
  },
);

/** Makes a database into one as an older Moorage would have left it: its schema, and of the rows what it had. */
async function putBack(path: string, version: number): Promise<void> {
  const newer = `${path}.newer`;
  const whole = new DatabaseSync(path);
  whole.exec("PRAGMA wal_checkpoint(TRUNCATE)");
  whole.close();
  await rename(path, newer);
  for (const end of ["-wal", "-shm"]) await rm(`${path}${end}`, { force: true });
  const older = new DatabaseSync(path);
  older.exec(`PRAGMA journal_mode = WAL; ${MIGRATIONS.slice(0, version).join("")} PRAGMA user_version = ${version}`);
  older.prepare("ATTACH ? AS newer").run(newer);
  // The receipts of this home are of changes, of which older ones knew nothing.
  const noChanges =
    older.prepare("SELECT 1 FROM pragma_table_info('receipts') WHERE name = 'change'").get() === undefined;
  const tables = older
    .prepare("SELECT name FROM main.sqlite_schema WHERE type = 'table' ORDER BY name = 'events'")
    .all();
  for (const { name } of tables) {
    const table = String(name);
    if (table.startsWith("sqlite_") || (noChanges && table.startsWith("receipt"))) continue;
    const both = `SELECT name FROM pragma_table_info(?1, 'main') INTERSECT SELECT name FROM pragma_table_info(?1, 'newer')`;
    const columns = older
      .prepare(both)
      .all(table)
      .map((column) => String(column["name"]))
      .join(", ");
    // What is put into the others is an event by itself.
    if (table === "events") older.exec("DELETE FROM main.events");
    older.exec(`INSERT INTO main.${table} (${columns}) SELECT ${columns} FROM newer.${table}`);
  }
  older.close();
  await rm(newer);
}
