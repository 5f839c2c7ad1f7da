import { stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { isMoorageError } from "../../../base/errors.ts";
import { collect, readStdout } from "../collect.ts";
import { soon, type Fixture } from "../fixture.ts";
import { makeOutside } from "../outside.ts";

/** Each turn meets the directory, the link, or the moment in between; so many meet each way of them often. */
const TURNS = 60;

/** Beside the file, what writes have begun, and a link that the program made while a write had made the directory. */
const INSIDE = /^(?:\.moorage-.*\.part|tmp)$/;

/** A hostile program changes a part of the path between the engine's look at it and its use. */
export function describeFileRaces(fixture: () => Fixture): void {
  test("a path that is swapped while it is used leads nowhere outside", { timeout: 120_000 }, async () => {
    const { engine, exec, harness, sandbox } = fixture();
    await using unit = await sandbox();
    await using outside = await makeOutside(fixture(), unit);
    const before = await stat(outside.path);
    const run = await exec(unit, harness.programs.swap("/workspace/swap", outside.name, "/tmp"));
    await readStdout(run).until("ready");
    const texts = new Set<string>();
    const codes = new Set<string>();
    for (let turn = 0; turn < TURNS; turn += 1) {
      for (const attempt of attempts(engine.files, unit.id, outside.name)) {
        const [outcome] = await Promise.allSettled([soon(attempt(), "a file operation")]);
        if (outcome?.status === "fulfilled") texts.add(outcome.value ?? "done");
        else if (isMoorageError(outcome?.reason)) codes.add(outcome.reason.code);
        else throw outcome?.reason;
      }
    }
    await run.kill();
    // Both ways of the path were met: it was used while it led inside, and refused while it led out.
    expect(texts).toContain("done");
    expect(codes).toContain("PATH_NOT_ALLOWED");
    expect([...texts].filter((text) => text.startsWith("outside"))).toEqual([]);
    await outside.expectUntouched();
    expect((await stat(outside.path)).mode).toBe(before.mode);
    await expect(stat(`${outside.path}.d`)).rejects.toMatchObject({ code: "ENOENT" });
    const planted = await collect(await exec(unit, harness.programs.owner(`${outside.path}.d`)));
    expect(planted.exit.exitCode).not.toBe(0);
  });
}

type Attempt = () => Promise<string | undefined>;

function attempts(files: Fixture["engine"]["files"], id: string, name: string): readonly Attempt[] {
  const path = `/workspace/swap/${name}`;
  const done = async (work: Promise<unknown>): Promise<undefined> => void (await work);
  return [
    async () => {
      await using file = await files.open(id, path);
      return Buffer.concat(await Array.fromAsync(file.read(0, file.sizeBytes))).toString();
    },
    () => done(files.write(id, { path, content: of("planted") })),
    () => done(files.chmod(id, { path, mode: 0o777 })),
    () => done(files.makeDirectory(id, { path: `${path}.d`, mode: 0o755 })),
    () => done(files.move(id, { from: path, to: "/workspace/stolen", overwrite: true })),
    () => done(files.move(id, { from: "/workspace/stolen", to: path, overwrite: true })),
    async () => {
      const names = (await files.list(id, "/workspace/swap")).map((entry) => entry.name);
      return names.every((each) => INSIDE.test(each) || each.startsWith(name)) ? undefined : `outside: ${names.join()}`;
    },
    () => done(files.remove(id, path)),
  ];
}

async function* of(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}
