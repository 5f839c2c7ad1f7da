import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { sleep } from "../../src/base/deadline.ts";
import { openSocketPlatform, type RemotePlatform } from "../../src/main/server.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { openHome, type Home } from "../fixtures/command-line.ts";
import { resultOf } from "../fixtures/memory-domain.ts";

const IMAGE = "busybox:latest";
const SEEN = { timeout: 40_000, interval: 100 };

type Server = AsyncDisposable & { readonly sdk: RemotePlatform; readonly kill: () => Promise<void> };

async function serving(home: Home, configuration: object): Promise<Server> {
  await mkdir(home.path, { recursive: true, mode: 0o700 });
  await writeFile(join(home.path, "moorage.config.json"), JSON.stringify(configuration));
  const child = home.start(["serve", "--engine", "docker", "--json"]);
  child.stderr?.resume();
  child.stdout?.resume();
  const ended = once(child, "close");
  const sdk = await connected(join(home.path, "run", "moorage.sock")).catch((error: unknown) => {
    child.kill("SIGKILL");
    throw error;
  });
  let over = false;
  const end = async (signal: NodeJS.Signals): Promise<void> => {
    if (!over) await sdk[Symbol.asyncDispose]();
    over = true;
    child.kill(signal);
    await ended;
  };
  return { sdk, kill: () => end("SIGKILL"), [Symbol.asyncDispose]: () => end("SIGTERM") };
}

/** A busy machine lets both the start of a server and its first answer take their time. */
async function connected(socket: string): Promise<RemotePlatform> {
  const end = performance.now() + SEEN.timeout;
  while (performance.now() < end) {
    const sdk = await openSocketPlatform(socket);
    if (sdk !== undefined) return sdk;
    await sleep(SEEN.interval);
  }
  throw new Error("The server does not answer.");
}

describe("the server", () => {
  it(
    "pauses, archives and restores by itself, and adopts what runs after it was killed",
    { timeout: 240_000 },
    async () => {
      await using home = await openHome();
      const timers = { sweepMs: 200, archiveAfterMs: 1 };
      await using first = await serving(home, { image: IMAGE, timers: { ...timers, archiveAfterMs: 0 } });
      const { id } = await first.sdk.sandbox.create({ name: "web", idleTimeoutMs: 300, labels: { team: "red" } });
      const stateOf = async ({ sdk }: Server): Promise<string> => (await sdk.sandbox.get({ id })).state;
      const make =
        "mkdir -p deep/er && echo text >deep/er/file && ln deep/er/file hard && ln -s deep soft && chmod 640 hard";
      expect((await resultOf(first.sdk.sandbox.exec({ id, command: ["sh", "-c", make] }))).exitCode).toBe(0);
      await expect.poll(() => stateOf(first), SEEN).toBe("paused");
      expect((await resultOf(first.sdk.sandbox.exec({ id, command: ["cat", "hard"] }))).stdout).toBe("text\n");
      await first.kill();
      await using second = await serving(home, { image: IMAGE, timers });
      await expect.poll(() => stateOf(second), SEEN).toBe("archived");
      expect(await second.sdk.sandbox.start({ id })).toMatchObject({ state: "running", labels: { team: "red" } });
      const look = 'cat soft/er/file hard && stat -c "%a %F" hard deep && readlink soft';
      const seen = await resultOf(second.sdk.sandbox.exec({ id, command: ["sh", "-c", look] }));
      expect(seen.stdout).toBe("text\ntext\n640 regular file\n755 directory\ndeep\n");
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
      await using first = await serving(home, configuration);
      await full();
      const before = await pooled();
      const { id } = await first.sdk.sandbox.create({ env: { A: "1" } });
      expect(before).toContain(id);
      const printed = await resultOf(first.sdk.sandbox.exec({ id, command: ["sh", "-c", "echo $A"] }));
      expect(printed.stdout).toBe("1\n");
      await full();
      const refilled = await pooled();
      await first.kill();
      await using second = await serving(home, configuration);
      const claimed = await second.sdk.sandbox.create({});
      expect(refilled).toContain(claimed.id);
      expect((await second.sdk.sandbox.list({})).items.map((item) => item.id).toSorted()).toEqual(
        [id, claimed.id].toSorted(),
      );
    },
  );
});
