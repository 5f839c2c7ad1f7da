import { describe, expect, it } from "vitest";
import { ofRun } from "../../../test/fixtures/run-receipts.ts";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import type { MoorageError } from "../../base/errors.ts";
import { createMemoryEngine } from "../../engine/memory/memory-engine.ts";

const echo = ["echo", "hello"];

describe("a runtime class", () => {
  it("is kept with the sandbox, and told of its runs and on their receipts", async () => {
    await using domain = openMemoryDomain();
    const { platform } = domain;
    const { id, runtime } = await platform.sandbox.create({ runtime: "guarded" });
    expect(runtime).toBe("guarded");
    expect((await platform.sandbox.get({ id })).runtime).toBe("guarded");
    for (const run of [
      platform.sandbox.exec({ id, command: echo }),
      platform.job.run({ command: echo, runtime: "guarded" }),
    ]) {
      const result = await resultOf(run);
      expect(result.runtime).toBe("guarded");
      const receipt = await platform.receipt.get({ receiptId: result.receiptId ?? "" });
      expect(ofRun(receipt).runtime).toBe("guarded");
    }
    expect((await resultOf(platform.job.run({ command: echo }))).runtime).toBeNull();
  });

  it("that the engine does not have is INVALID_INPUT, with those that it has", async () => {
    await using domain = openMemoryDomain();
    await expect(domain.platform.sandbox.create({ runtime: "runsc" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: 'runtime is "runsc"; expected one of plain, guarded.',
      hint: "Install it on the engine's machine, and name it in the engine's own configuration.",
      details: { runtimes: ["plain", "guarded"] },
    } satisfies Partial<MoorageError>);
  });

  it("that the administrator does not allow is INVALID_INPUT, and the hint says who can", async () => {
    await using some = openMemoryDomain();
    Object.assign(some.context.policy, { runtimes: ["guarded"] });
    await expect(resultOf(some.platform.job.run({ command: echo, runtime: "plain" }))).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: 'runtime is "plain"; expected one of guarded.',
      hint: "Have an administrator allow it with MOORAGE_RUNTIMES.",
    });
    Object.assign(some.context.policy, { runtimes: ["kata"] });
    await expect(some.platform.sandbox.create({ runtime: "plain" })).rejects.toMatchObject({
      message: `runtime is "plain"; expected none, since none of this engine's is allowed.`,
    });
  });

  it("is ENGINE_UNSUPPORTED on an engine without a choice", async () => {
    const { engine } = createMemoryEngine();
    const { runtimes: _, ...without } = engine;
    await using domain = openMemoryDomain({ engine: without });
    await expect(domain.platform.sandbox.create({ runtime: "plain" })).rejects.toMatchObject({
      code: "ENGINE_UNSUPPORTED",
      message: "The memory engine has no runtimes to choose from.",
      hint: "Leave --runtime out, or use Docker with --engine docker.",
    });
  });

  it.each(["-x", "a b", "", "../x"])("%j is no name of one", async (runtime) => {
    await using domain = openMemoryDomain();
    await expect(domain.platform.sandbox.create({ runtime })).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });
});
