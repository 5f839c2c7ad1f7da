import { describe, expect, it } from "vitest";
import { openMemoryDomain, resultOf, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { MoorageError } from "../../base/errors.ts";
import type { MemoryProgram } from "../../engine/memory/run/program.ts";
import { DiskWatches } from "./disk-watches.ts";

const MIB = 1024 * 1024;

/** Writes a file of so many bytes, and then waits until it is ended. */
const fillAndWait: MemoryProgram = async ({ argv: [, path = "", bytes = "0"], files, stdout, sleep }) => {
  await files.write(path, new Uint8Array(Number(bytes)));
  await stdout("written");
  await sleep(60_000);
  return 0;
};

const remove: MemoryProgram = async ({ argv: [, path = "", ms = "0"], files, sleep }) => {
  await files.remove(path);
  await sleep(Number(ms));
  return 0;
};

function openDomain(): MemoryDomain {
  const disk = new DiskWatches({ firstMs: 5, restMs: 5, leastMs: 1 });
  return openMemoryDomain({ disk }, { programs: { "fill-and-wait": fillAndWait, remove } });
}

function fill(mebibytes: number, path = "/workspace/fill"): string[] {
  return ["fill-and-wait", path, String(mebibytes * MIB)];
}

describe("a run that writes more than its disk limit", () => {
  it("ends a job, and says why", async () => {
    await using domain = openDomain();
    const command = fill(3, "/var");
    const result = await resultOf(
      domain.platform.job.run({ command, profile: "sandbox", diskBytes: 2 * MIB, timeoutMs: 60_000 }),
    );
    expect(result).toMatchObject({
      status: "canceled",
      timedOut: false,
      stdout: "written",
      reason: "It used 3 MiB of disk where 2 MiB may be; --disk gives it more.",
    });
    const receipt = await domain.platform.receipt.get({ receiptId: result.receiptId ?? "" });
    expect(receipt).toMatchObject({ status: "canceled", limits: { diskBytes: 2 * MIB } });
  });

  it("ends all runs of its sandbox, whoever of them has written", async () => {
    await using domain = openDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({ diskBytes: 2 * MIB });
    const both = [sandbox.exec({ id, command: ["sleep", "60"] }), sandbox.exec({ id, command: fill(3) })];
    for (const { status, reason } of await Promise.all(both.map(resultOf))) {
      expect([status, reason]).toEqual([
        "canceled",
        "Its sandbox used 3 MiB of disk where 2 MiB may be; remove files, or make one with more by --disk.",
      ]);
    }
  });

  it("leaves its sandbox open for what removes files, and for all once it keeps its limit", async () => {
    await using domain = openDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({ diskBytes: 2 * MIB });
    await resultOf(sandbox.exec({ id, command: fill(3) }));
    expect((await domain.context.store.sandboxes.get(id))?.diskOverBytes).toBe(3 * MIB);
    const removing = await resultOf(sandbox.exec({ id, command: ["remove", "/nothing", "100"] }));
    expect(removing.status).toBe("succeeded");
    expect((await resultOf(sandbox.exec({ id, command: ["remove", "/workspace/fill"] }))).status).toBe("succeeded");
    expect((await resultOf(sandbox.exec({ id, command: ["true"] }))).status).toBe("succeeded");
    expect((await domain.context.store.sandboxes.get(id))?.diskOverBytes).toBeNull();
  });

  it("closes its sandbox to runs where it goes on growing, until files are removed", async () => {
    await using domain = openDomain();
    const { sandbox, file } = domain.platform;
    const { id } = await sandbox.create({ name: "hoard", diskBytes: 2 * MIB });
    await resultOf(sandbox.exec({ id, command: fill(3) }));
    const grown = await resultOf(sandbox.exec({ id, command: fill(40, "/workspace/more") }));
    expect(grown.status).toBe("canceled");
    await expect(resultOf(sandbox.exec({ id, command: ["true"] }))).rejects.toMatchObject({
      code: "DISK_FULL",
      message: 'The sandbox "hoard" takes 43 MiB of disk where 2 MiB may be, and grows.',
      hint: "Remove files of it with `moorage file rm hoard PATH`, or make one with more by --disk.",
    });
    await file.remove({ id, path: "/workspace/more" });
    expect((await resultOf(sandbox.exec({ id, command: ["true"] }))).status).toBe("succeeded");
  });

  it("is found by the next run where its own was too short for a look", async () => {
    await using domain = openDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({ diskBytes: 2 * MIB });
    await resultOf(sandbox.exec({ id, command: ["fill", "/workspace/fill", String(3 * MIB)] }));
    const over = async () => (await domain.context.store.sandboxes.get(id))?.diskOverBytes;
    await expect.poll(over, { timeout: 20_000 }).toBe(3 * MIB);
  });

  it("is looked at again where nobody could tell what it takes", async () => {
    await using domain = openDomain();
    const { sandbox } = domain.platform;
    const { id } = await sandbox.create({ diskBytes: 2 * MIB });
    domain.control.failNext("disk.use", new MoorageError("ENGINE_TIMEOUT", "No answer."));
    expect((await resultOf(sandbox.exec({ id, command: fill(3) }))).status).toBe("canceled");
  });
});

describe("a wish for disk", () => {
  const wish = (diskBytes: number) => ({ command: ["true"], diskBytes });

  it("is at least 1 MiB", async () => {
    await using domain = openDomain();
    await expect(resultOf(domain.platform.job.run(wish(0)))).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: "job.run: diskBytes: expected at least 1 MiB (got 0).",
    });
  });

  it("is at most the maximum of the administrator", async () => {
    await using domain = openDomain();
    await expect(resultOf(domain.platform.job.run(wish(2 ** 40)))).rejects.toMatchObject({
      code: "LIMIT_EXCEEDED",
      message: "diskBytes is 1099511627776; the maximum here is 68719476736.",
      hint: "Ask for less, or have an administrator raise maxima.diskBytes in moorage.config.json.",
    });
  });
});
