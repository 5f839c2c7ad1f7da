import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { isMoorageError } from "../../src/base/errors.ts";
import { withPrivateEngines } from "../../scripts/setup/private-engine.ts";
import { openHome } from "../fixtures/command-line.ts";
import { resultOf } from "../fixtures/memory-domain.ts";
import { startServer } from "../fixtures/running-server.ts";
import { openSmallFilesystem } from "../fixtures/small-filesystem.ts";

const SEEN = { timeout: 40_000, interval: 200 };

// Whoever may start an engine may mount a filesystem.
await withPrivateEngines(() => {
  describe("a disk that is full under Moorage's own state", () => {
    it("is told to each caller, takes no result away, and is recovered from", { timeout: 180_000 }, async () => {
      await using disk = await openSmallFilesystem(24);
      await using home = await openHome({ path: join(disk.path, "home") });
      await using server = await startServer(home, { configuration: { keepFreeBytes: 0, timers: { sweepMs: 300 } } });
      const { sdk } = server;
      const { id } = await sdk.sandbox.create({ image: "busybox:latest" });
      const going = sdk.sandbox.exec({
        id,
        command: ["sh", "-c", "echo begun; while [ ! -e go ]; do sleep 0.1; done; echo over"],
      });
      const began = Promise.withResolvers<void>();
      const ended = told(watched(going, began.resolve));
      await began.promise;

      await disk.fill();
      const full = noSpaceIn(join(home.path, "moorage.db"));
      expect(await told(sdk.sandbox.create({ image: "busybox:latest" }))).toEqual(full);
      expect(await told(resultOf(sdk.sandbox.exec({ id, command: ["true"] })))).toEqual(full);
      expect(await told(resultOf(sdk.job.run({ image: "busybox:latest", command: ["true"] })))).toEqual(full);
      expect(await told(sdk.sandbox.stop({ id }))).toEqual(full);
      expect(await told(sdk.sandbox.remove({ id }))).toEqual(full);
      // What only reads goes on, and so does what runs, and the files of sandboxes are the engine's.
      expect(await sdk.sandbox.get({ id })).toMatchObject({ state: "running" });
      await sdk.file.write({ id, path: "go", content: "" });
      // Nobody is told a result that is not recorded.
      expect(await ended).toEqual(full);
      expect((await sdk.sandbox.runs({ id })).items).toMatchObject([{ status: "running" }]);

      await disk.free();
      const runs = async () => (await sdk.sandbox.runs({ id })).items;
      await expect.poll(async () => (await runs()).map(({ status }) => status), SEEN).toEqual(["succeeded"]);
      const [run] = await runs();
      expect(await sdk.run.get({ runId: run?.runId ?? "" })).toMatchObject({ exitCode: 0, stdout: "begun\nover\n" });
      expect(await resultOf(sdk.sandbox.exec({ id, command: ["echo", "again"] }))).toMatchObject({ stdout: "again\n" });
      expect((await sdk.receipt.list({})).items).toHaveLength(2);
      expect(await sdk.receipt.verify({})).toMatchObject({ ok: true });
      expect((await sdk.sandbox.list({})).items).toHaveLength(1);
    });

    it("lets nothing new begin before it is full", { timeout: 120_000 }, async () => {
      await using disk = await openSmallFilesystem(24);
      await using home = await openHome({ path: join(disk.path, "home") });
      await using server = await startServer(home);
      const { sdk } = server;
      const { id } = await sdk.sandbox.create({ image: "busybox:latest" });
      await disk.fill();
      const refused = {
        code: "DISK_FULL",
        message: expect.stringMatching(
          /^The disk of the machine is nearly full: 0 B are free, and 1\.\d MiB are to stay free\.$/,
        ) as string,
        hint: "Free space on it (`moorage doctor` tells where), remove sandboxes, or lower keepFreeBytes in moorage.config.json.",
        retry: true,
      };
      expect(await told(sdk.sandbox.create({ image: "busybox:latest" }))).toEqual(refused);
      expect(await told(resultOf(sdk.job.run({ image: "busybox:latest", command: ["true"] })))).toEqual(refused);
      await disk.free();
      await sdk.sandbox.remove({ id });
      expect((await resultOf(sdk.job.run({ image: "busybox:latest", command: ["true"] }))).exitCode).toBe(0);
    });

    it(
      "does not hold a server back that is stopped: what it could not record, the next one does",
      { timeout: 180_000 },
      async () => {
        await using disk = await openSmallFilesystem(24);
        await using home = await openHome({ path: join(disk.path, "home") });
        const job = ["sh", "-c", "echo begun; sleep 1; exit 3"];
        let sandbox = "";
        {
          await using server = await startServer(home);
          const { sdk } = server;
          sandbox = (await sdk.sandbox.create({ image: "busybox:latest" })).id;
          const began = Promise.withResolvers<void>();
          const ended = told(watched(sdk.job.run({ image: "busybox:latest", command: job }), began.resolve));
          await began.promise;
          await disk.fill();
          expect(await ended).toEqual(noSpaceIn(join(home.path, "moorage.db")));
        }
        await disk.free();
        await using server = await startServer(home);
        const { items } = await server.sdk.run.list({});
        // The engine has kept the job's end, until that is recorded.
        expect(items).toMatchObject([{ status: "failed", exitCode: 3, command: job }]);
        expect((await server.sdk.receipt.list({})).items).toHaveLength(1);
        expect(await server.sdk.receipt.verify({})).toMatchObject({ ok: true });
        expect(await resultOf(server.sdk.sandbox.exec({ id: sandbox, command: ["true"] }))).toMatchObject({
          exitCode: 0,
        });
      },
    );

    it("is told by a command line without a server, from the first start on", async () => {
      await using disk = await openSmallFilesystem(4);
      await using home = await openHome({ path: join(disk.path, "home") });
      const run = async (): Promise<unknown> => {
        const { code, stdout } = await home.moorage(["run", "--json", "--engine", "process", "--", "echo", "done"]);
        const answer = JSON.parse(stdout) as { error?: ReturnType<typeof noSpaceIn>; stdout?: string };
        const { code: name, message, hint, retry } = answer.error ?? {};
        return {
          exit: code,
          ...(answer.error === undefined ? { stdout: answer.stdout } : { code: name, message, hint, retry }),
        };
      };
      await disk.fill();
      expect(await run()).toEqual({ exit: 125, ...noSpaceIn(home.path) });
      await disk.free();
      expect(await run()).toEqual({ exit: 0, stdout: "done\n" });
      await disk.fill();
      expect(await run()).toEqual({ exit: 125, ...noSpaceIn(join(home.path, "moorage.db")) });
      await disk.free();
      expect(await run()).toEqual({ exit: 0, stdout: "done\n" });
      const verified = await home.moorage(["receipt", "verify", "--json"]);
      expect(JSON.parse(verified.stdout)).toMatchObject({ ok: true, count: 2 });
    });
  });
});

function noSpaceIn(path: string) {
  return {
    code: "DISK_FULL",
    message: `There is no space left for the state in ${path}; nothing was written.`,
    hint: "Free space on the disk of MOORAGE_HOME. What had begun is recorded as soon as there is room.",
    retry: true,
  };
}

type Events = AsyncIterable<{ readonly type: string }>;

async function watched(events: Events, began: () => void): Promise<string | undefined> {
  let last: string | undefined;
  for await (const event of events) {
    if (event.type === "stdout") began();
    last = event.type;
  }
  return last;
}

async function told(call: Promise<unknown>) {
  const error: unknown = await call.then(
    (answer) => Promise.reject(new Error(`It succeeded: ${JSON.stringify(answer)}`)),
    (reason: unknown) => reason,
  );
  if (!isMoorageError(error)) throw error;
  const { code, message, hint } = error;
  return { code, message, hint, retry: error.row.retry };
}
