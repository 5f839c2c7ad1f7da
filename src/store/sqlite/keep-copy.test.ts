import { mkdir, mkdtemp, readdir, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { DatabaseSync } from "node:sqlite";
import { expect, it } from "vitest";
import { MIGRATIONS } from "./migrations.ts";
import { openSqliteStore } from "./sqlite-store.ts";

const VOLUME = "INSERT INTO volumes (id, owner, name, engine, created_at) VALUES ('v', 'alice', 'data', 'memory', '');";

async function openDirectory() {
  const directory = await mkdtemp(join(tmpdir(), "moorage-copy-"));
  const path = join(directory, "state.db");
  return {
    directory,
    path,
    copy: `${path}.before-upgrade`,
    write: (version: number): void => {
      const database = new DatabaseSync(path);
      const steps = MIGRATIONS.slice(0, version).join("");
      database.exec(`PRAGMA journal_mode = WAL; ${steps} ${VOLUME} PRAGMA user_version = ${version}`);
      database.close();
    },
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true }),
  };
}

function versionOf(path: string): unknown {
  const database = new DatabaseSync(path, { readOnly: true });
  const version = {
    ...database.prepare("PRAGMA user_version").get(),
    ...database.prepare("SELECT id FROM volumes").get(),
  };
  database.close();
  return version;
}

it("keeps the database as it was before a migration, for its user alone", async () => {
  await using files = await openDirectory();
  files.write(1);
  await using store = openSqliteStore(files.path);
  expect(await store.volumes.list("alice")).toHaveLength(1);
  expect(versionOf(files.copy)).toEqual({ user_version: 1, id: "v" });
  expect((await stat(files.copy)).mode & 0o777).toBe(0o600);
});

it("keeps one copy, of the last migration", async () => {
  await using files = await openDirectory();
  for (const version of [1, MIGRATIONS.length - 1]) {
    await rm(files.path, { force: true });
    files.write(version);
    await openSqliteStore(files.path)[Symbol.asyncDispose]();
    expect(versionOf(files.copy)).toMatchObject({ user_version: version });
  }
  const names = (await readdir(files.directory)).filter((name) => !/-(?:wal|shm)$/.test(name));
  expect(names.toSorted()).toEqual(["state.db", "state.db.before-upgrade"]);
});

it("makes no copy where nothing is migrated", async () => {
  await using files = await openDirectory();
  for (let opened = 0; opened < 2; opened += 1) await openSqliteStore(files.path)[Symbol.asyncDispose]();
  expect(await readdir(files.directory)).not.toContain("state.db.before-upgrade");
});

it("changes nothing where no copy can be made", async () => {
  await using files = await openDirectory();
  files.write(1);
  // A directory is not replaced.
  await mkdir(join(`${files.copy}.part`, "taken"), { recursive: true });
  expect(() => openSqliteStore(files.path)).toThrow(expect.objectContaining({ code: "STATE_UNUSABLE" }) as Error);
  expect(versionOf(files.path)).toMatchObject({ user_version: 1 });
});

it("tells whoever goes back to an older Moorage of the copy", async () => {
  await using files = await openDirectory();
  files.write(1);
  await openSqliteStore(files.path)[Symbol.asyncDispose]();
  const database = new DatabaseSync(files.path);
  database.exec("PRAGMA user_version = 99");
  database.close();
  expect(() => openSqliteStore(files.path)).toThrow(
    expect.objectContaining({
      code: "STATE_UNUSABLE",
      message: `The state in ${files.path} has schema 99; this Moorage knows up to ${MIGRATIONS.length}.`,
      hint: `Install the newer Moorage that wrote it. Or go back to the state before the upgrade, in ${files.copy}: docs/upgrade.md.`,
    }) as Error,
  );
});
