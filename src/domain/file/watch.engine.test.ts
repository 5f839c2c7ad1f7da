import { describe, expect, it } from "vitest";
import { openDockerDomain } from "../../../test/fixtures/docker-domain.ts";
import { resultOf } from "../../../test/fixtures/memory-domain.ts";
import type { FileWatchEvent } from "../../contracts/types.ts";

const LONG = { timeout: 120_000 };
/** A workspace is reached as a directory of this host only by root. */
const ON_THIS_HOST = process.platform === "linux" && process.getuid?.() === 0;
const WAYS = [
  ["on this host", {}, ON_THIS_HOST ? "inotify" : "polling"],
  ["on another host", { hostTrees: false }, "polling"],
] as const;

describe.each(WAYS)("a directory of a sandbox %s that is watched", (_, wish, method) => {
  it(`tells by ${method} what a program changes, makes, renames and removes`, LONG, async () => {
    await using domain = openDockerDomain(wish);
    const { sandbox, file } = domain.platform;
    const { id } = await sandbox.create({ image: "busybox:latest" });
    const shell = async (line: string) => {
      expect(await resultOf(sandbox.exec({ id, command: ["sh", "-c", line] }))).toMatchObject({ exitCode: 0 });
    };
    await shell("mkdir -p src/deep; echo 1 >src/deep/old");
    const events = file.watch({ id, path: "src" })[Symbol.asyncIterator]();
    expect(await events.next()).toMatchObject({ value: { type: "ready", path: "/workspace/src", entries: 2, method } });
    // A look may fall in between and tell of what is half done; a rename may be seen as what is gone and what is new.
    const until = async (wanted: RegExp): Promise<void> => {
      for (let told = ""; !wanted.test(told);) {
        const item = await events.next();
        if (item.done === true) throw new Error(`The watch ended without ${String(wanted)}.`);
        told = inWords(item.value);
      }
    };
    await shell("echo 12345 >src/deep/old");
    await until(/^changed \/workspace\/src\/deep\/old 6$/);
    await shell("mkdir src/new");
    await until(/^created \/workspace\/src\/new /);
    await shell("mv src/deep/old src/new/name");
    await until(/^(moved \/workspace\/src\/deep\/old ->|created) \/workspace\/src\/new\/name 6$/);
    await shell("rm -r src");
    await until(/^removed \/workspace\/src$/);
    expect((await events.next()).done).toBe(true);
  });

  it("tells of changes while it is stopped, or what to do", LONG, async () => {
    await using domain = openDockerDomain(wish);
    const { sandbox, file } = domain.platform;
    const { id } = await sandbox.create({ name: "box", image: "busybox:latest" });
    await file.write({ id, path: "kept", content: "1" });
    await sandbox.stop({ id, graceMs: 0 });
    const events = file.watch({ id })[Symbol.asyncIterator]();
    const next = async (): Promise<unknown> => events.next().catch((error: unknown) => error);
    const refused = {
      code: "SANDBOX_NOT_RUNNING",
      message: expect.stringMatching(/^The sandbox does not run: /) as string,
      hint: "See its state and reason with `moorage sandbox get`; create a new one if it is gone.",
    };
    const isWatched = method === "inotify";
    expect(await next()).toMatchObject(isWatched ? { value: { type: "ready", entries: 1, method } } : refused);
    await file.write({ id, path: "new", content: "12" });
    expect(await next()).toMatchObject(
      isWatched ? { value: { type: "created", path: "/workspace/new" } } : { done: true },
    );
    await events.return?.();
  });
});

function inWords(event: FileWatchEvent): string {
  const from = event.type === "moved" ? `${event.from} -> ` : "";
  const path = event.type === "overflow" ? "" : event.path;
  const size = "entry" in event ? ` ${event.entry.sizeBytes}` : "";
  return `${event.type} ${from}${path}${size}`;
}
