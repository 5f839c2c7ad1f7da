import { mkdtemp, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openMemoryDomain, resultOf, type MemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { sleep } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import { silentLogger } from "../../base/logger.ts";
import type { Engine } from "../../engine/engine.ts";
import type { MemoryProgram } from "../../engine/memory/run/program.ts";
import { createPlatform } from "../domain.ts";
import { DiskWatches } from "./disk-watches.ts";
import { unrestricted } from "../access/principal.ts";

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

it("the directory of a job is counted before the job begins to write there", async () => {
  const directory = await realpath(await mkdtemp(join(tmpdir(), "moorage-before-")));
  try {
    await using domain = openDomain();
    const { engine, policy } = domain.context;
    const seen: string[] = [];
    const count: Engine["disk"]["directory"] = async (path, signal) => {
      // A job that does not wait for it has begun by then.
      await sleep(100);
      const bytes = await engine.disk.directory(path, signal);
      seen.push("counted");
      return bytes;
    };
    const startJob: Engine["startJob"] = (...given) => {
      seen.push("started");
      return engine.startJob(...given);
    };
    const its = { ...engine, startJob, disk: { ...engine.disk, directory: count } };
    const context = { ...domain.context, engine: its, policy: { ...policy, workspaceRoots: [directory] } };
    const { job } = createPlatform({ ...context, hostUser: undefined }, unrestricted("alice"));
    const command = fill(3);
    const { reason } = await resultOf(job.run({ command, workspace: directory, diskBytes: 2 * MIB }));
    expect(reason).toMatch(/^It used \d+(\.\d)? MiB of disk where 2 MiB may be; --disk gives it more\.$/);
    expect(seen).toEqual(["counted", "started"]);
  } finally {
    await rm(directory, { recursive: true });
  }
});

describe("a unit of which nobody can tell what it takes", () => {
  const unable = new MoorageError("ENGINE_TIMEOUT", "No answer.");

  it("is told once in the log, and by doctor until it can be told again", async () => {
    const warned: unknown[] = [];
    const logger = { ...silentLogger, warn: (fields: object, message: string) => void warned.push([fields, message]) };
    const disk = new DiskWatches({ firstMs: 5, restMs: 5, leastMs: 1 });
    await using domain = openMemoryDomain({ disk, logger });
    const { sandbox, system } = domain.platform;
    const { id } = await sandbox.create({});
    const finding = async () => {
      const { findings } = await system.doctor({});
      return findings.find(({ check }) => check === "system.disk-limits");
    };
    let able = false;
    const use: Engine["disk"]["use"] = (...given) =>
      able ? domain.context.engine.disk.use(...given) : Promise.reject(unable);
    const engine = { ...domain.context.engine, disk: { ...domain.context.engine.disk, use } };
    const exec = createPlatform({ ...domain.context, engine }, unrestricted("alice")).sandbox.exec;

    const leave = new AbortController();
    const running = resultOf(exec({ id, command: ["sleep", "60"] }, { signal: leave.signal }));
    await expect.poll(() => warned).toHaveLength(1);
    expect(warned).toEqual([
      [{ err: unable, sandboxId: id }, "what a unit takes on disk could not be told, so it keeps no limit"],
    ]);
    expect(await finding()).toMatchObject({
      status: "warning",
      message: `The disk limits of what could not be counted do not hold: ${id}.`,
    });
    able = true;
    await expect.poll(async () => (await finding())?.status).toBe("ok");
    expect(warned).toHaveLength(1);
    leave.abort();
    await expect(running).rejects.toMatchObject({ code: "CANCELED" });
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
