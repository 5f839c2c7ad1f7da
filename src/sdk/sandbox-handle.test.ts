import { describe, expect, test } from "vitest";
import { createRecordingPlatform } from "../contracts/testing/recording-platform.ts";
import { MoorageError } from "../base/errors.ts";
import { openMemoryDomain } from "../../test/fixtures/memory-domain.ts";
import { openSandbox } from "./index.ts";

describe("a sandbox for a block of code", () => {
  test("runs programs, has files, and is gone afterwards", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    {
      await using sandbox = await openSandbox(platform, { name: "lab" });
      expect(sandbox.created).toMatchObject({ id: sandbox.id, name: "lab" });
      expect(await sandbox.run({ command: ["echo", "ahoy"] })).toMatchObject({ exitCode: 0, stdout: "ahoy\n" });
      expect(await sandbox.run({ command: ["exit", "7"] })).toMatchObject({ exitCode: 7, status: "failed" });
      const events = await Array.fromAsync(sandbox.exec({ command: ["echo", "ahoy"] }));
      expect(events.map(({ type }) => type)).toEqual(expect.arrayContaining(["started", "stdout", "result"]));
      await sandbox.files.write("notes/a.txt", "\uFEFFé\n");
      expect(await sandbox.files.read("notes/a.txt")).toBe("\uFEFFé\n");
    }
    expect((await platform.sandbox.list({})).items).toEqual([]);
  });

  test("has files of any bytes, also many", async () => {
    await using domain = openMemoryDomain();
    await using sandbox = await openSandbox(domain.platform);
    const bytes = Uint8Array.from({ length: 100_001 }, (_, index) => (index * 7) % 256);
    await sandbox.files.write("bytes", bytes);
    expect(await sandbox.files.readBytes("bytes")).toEqual(bytes);
    await expect(sandbox.files.read("nowhere")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  });

  test("may be removed before its end", async () => {
    await using domain = openMemoryDomain();
    const sandbox = await openSandbox(domain.platform);
    await domain.platform.sandbox.remove({ id: sandbox.id });
    await expect(sandbox[Symbol.asyncDispose]()).resolves.toBeUndefined();
  });

  test("that cannot be removed is told", async () => {
    const remove = (): never => {
      throw new MoorageError("ENGINE_FAILED", "Stuck.");
    };
    const { platform } = createRecordingPlatform({
      answers: { "sandbox.create": () => ({ id: "a" }), "sandbox.remove": remove },
    });
    const sandbox = await openSandbox(platform);
    await expect(sandbox[Symbol.asyncDispose]()).rejects.toMatchObject({ code: "ENGINE_FAILED" });
  });

  test("tells a run whose stream ends without a result", async () => {
    const { platform } = createRecordingPlatform({
      answers: { "sandbox.create": () => ({ id: "a" }), "sandbox.exec": () => [] },
    });
    const sandbox = await openSandbox(platform);
    await expect(sandbox.run({ command: ["true"] })).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  });

  test("passes the caller's signal on", async () => {
    const { platform, calls } = createRecordingPlatform({ answers: { "sandbox.create": () => ({ id: "a" }) } });
    const { signal } = new AbortController();
    const sandbox = await openSandbox(platform, {}, { signal });
    await Array.fromAsync(sandbox.exec({ command: ["true"] }, { signal }));
    await sandbox.files.write("a", "b", { signal });
    expect(calls.map((call) => call.signal)).toEqual([signal, signal, signal]);
    expect(calls[2]?.input).toEqual({ id: "a", path: "a", content: "b" });
  });
});
