import { describe, expect, test } from "vitest";
import type { TreeWatch } from "../../engine.ts";
import { collect } from "../collect.ts";
import { soon, useSandbox, type Fixture } from "../fixture.ts";

/** Longer than a test waits for one: what is told comes before it, or the test fails. */
const NEVER_MS = 600_000;

export function describeFileWatch(fixture: () => Fixture): void {
  describe("a watched directory", () => {
    const sandbox = useSandbox(fixture);
    const changedBy = async (watch: TreeWatch, ...command: readonly string[]): Promise<void> => {
      const changed = watch.changed(watch.method === "inotify" ? NEVER_MS : 1);
      expect((await collect(await fixture().exec(sandbox(), command))).exit.exitCode).toBe(0);
      await soon(changed, `a change by ${watch.method}`);
    };

    test("tells of what programs change, also in directories that were made meanwhile", async () => {
      const { engine, harness } = fixture();
      const { id } = sandbox();
      const { writeFile } = harness.programs;
      await soon(engine.files.makeDirectory(id, { path: "/workspace/seen/deep", mode: 0o777 }), "makeDirectory");
      await using watch = await soon(engine.files.watch(id, "/workspace/seen"), "watch");
      await changedBy(watch, ...writeFile("/workspace/seen/deep/file", "one"));
      await changedBy(watch, ...writeFile("/workspace/seen/deep/file", "another"));
      const made = watch.changed(watch.method === "inotify" ? NEVER_MS : 1);
      await soon(engine.files.makeDirectory(id, { path: "/workspace/seen/new", mode: 0o777 }), "makeDirectory");
      expect(await soon(made, "a new directory")).toBeUndefined();
      await changedBy(watch, ...writeFile("/workspace/seen/new/file", "one"));
    });

    test("is waited for no longer than was asked, and is given up with its signal", async () => {
      const { engine } = fixture();
      const leaving = new AbortController();
      await soon(engine.files.makeDirectory(sandbox().id, { path: "/workspace/calm", mode: 0o777 }), "makeDirectory");
      await using watch = await soon(engine.files.watch(sandbox().id, "/workspace/calm", leaving.signal), "watch");
      expect(await soon(watch.changed(1), "a short wait")).toBeUndefined();
      const waiting = watch.changed(NEVER_MS);
      leaving.abort();
      expect(await soon(waiting, "a wait that is given up")).toBeUndefined();
    });

    test("that is not there is FILE_NOT_FOUND, and a file is INVALID_INPUT", async () => {
      const { engine, exec, harness } = fixture();
      const { id } = sandbox();
      const missing = soon(engine.files.watch(id, "/workspace/none"), "watch");
      await expect(missing).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
      await collect(await exec(sandbox(), harness.programs.writeFile("/workspace/file", "text")));
      const file = soon(engine.files.watch(id, "/workspace/file"), "watch");
      await expect(file).rejects.toMatchObject({ code: "INVALID_INPUT" });
    });
  });
}
