import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { openHome } from "../fixtures/command-line.ts";
import { resultOf } from "../fixtures/memory-domain.ts";
import { startServer, type RunningServer } from "../fixtures/running-server.ts";

const IMAGE = "busybox:latest";
const SEEN = { timeout: 40_000, interval: 100 };

describe("the server", () => {
  it(
    "pauses, archives and restores by itself, and adopts what runs after it was killed",
    { timeout: 240_000 },
    async () => {
      await using home = await openHome();
      const timers = { sweepMs: 200, archiveAfterMs: 1 };
      await using first = await startServer(home, {
        configuration: { image: IMAGE, timers: { ...timers, archiveAfterMs: 0 } },
      });
      const { id } = await first.sdk.sandbox.create({ name: "web", idleTimeoutMs: 300, labels: { team: "red" } });
      const stateOf = async ({ sdk }: RunningServer): Promise<string> => (await sdk.sandbox.get({ id })).state;
      const make =
        "mkdir -p deep/er && echo text >deep/er/file && ln deep/er/file hard && ln -s deep soft && chmod 640 hard && echo tool >/etc/tool";
      expect((await resultOf(first.sdk.sandbox.exec({ id, command: ["sh", "-c", make] }))).exitCode).toBe(0);
      await expect.poll(() => stateOf(first), SEEN).toBe("paused");
      expect((await resultOf(first.sdk.sandbox.exec({ id, command: ["cat", "hard"] }))).stdout).toBe("text\n");
      await first.kill();
      await using second = await startServer(home, { configuration: { image: IMAGE, timers } });
      await expect.poll(() => stateOf(second), SEEN).toBe("archived");
      expect(await second.sdk.sandbox.start({ id })).toMatchObject({ state: "running", labels: { team: "red" } });
      const look = 'cat /etc/tool soft/er/file hard && stat -c "%a %F" hard deep && readlink soft';
      const seen = await resultOf(second.sdk.sandbox.exec({ id, command: ["sh", "-c", look] }));
      expect(seen.stdout).toBe("tool\ntext\ntext\n640 regular file\n755 directory\ndeep\n");
      await second.sdk.sandbox.remove({ id });
    },
  );

  it(
    "gives sandboxes out of its pool, refills it, and adopts it after it was killed",
    { timeout: 240_000 },
    async () => {
      await using home = await openHome();
      const configuration = { image: IMAGE, pool: [{ size: 2 }], timers: { sweepMs: 200 } };
      const pooled = async (): Promise<string[]> => {
        await using store = openSqliteStore(join(home.path, "moorage.db"));
        return (await store.sandboxes.all()).filter((row) => row.state === "pool").map((row) => row.id);
      };
      const full = async (): Promise<void> => {
        await expect.poll(async () => (await pooled()).length, SEEN).toBe(2);
      };
      await using first = await startServer(home, { configuration });
      await full();
      const before = await pooled();
      const { id } = await first.sdk.sandbox.create({ env: { A: "1" } });
      expect(before).toContain(id);
      const printed = await resultOf(first.sdk.sandbox.exec({ id, command: ["sh", "-c", "echo $A"] }));
      expect(printed.stdout).toBe("1\n");
      await full();
      const refilled = await pooled();
      await first.kill();
      await using second = await startServer(home, { configuration });
      const claimed = await second.sdk.sandbox.create({});
      expect(refilled).toContain(claimed.id);
      expect((await second.sdk.sandbox.list({})).items.map((item) => item.id).toSorted()).toEqual(
        [id, claimed.id].toSorted(),
      );
    },
  );
});
