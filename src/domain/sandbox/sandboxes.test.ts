import { describe, expect, it } from "vitest";
import type { Engine } from "../../engine/engine.ts";
import { createPlatform } from "../domain.ts";
import { collect, openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { unrestricted } from "../access/principal.ts";

describe("a sandbox", () => {
  it("is created with its profile's limits, read, listed and removed", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const made = await sandbox.create({});
    expect(made).toMatchObject({
      owner: "alice",
      state: "running",
      profile: "sandbox",
      limits: { memoryBytes: 536_870_912, cpus: 0.5, pids: 256, diskBytes: 10_737_418_240, timeoutMs: 30_000 },
      network: "none",
      workspace: "/workspace",
      image: "python:3.11-slim",
    });
    expect(await sandbox.get({ id: made.id })).toEqual(made);
    expect((await sandbox.list({})).items).toEqual([made]);
    expect(await sandbox.remove({ id: made.id })).toEqual({ id: made.id, removed: true });
    await expect(sandbox.get({ id: made.id })).rejects.toMatchObject({ code: "NOT_FOUND" });
    expect(await domain.context.engine.list()).toEqual([]);
  });

  it("is found by name and by conversation id, and creating the name again answers the same one", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const made = await sandbox.create({ name: "web", conversationId: "c1" });
    expect((await sandbox.create({ name: "web" })).id).toBe(made.id);
    expect((await sandbox.get({ id: "web" })).id).toBe(made.id);
    expect((await sandbox.get({ id: "c1" })).id).toBe(made.id);
  });

  it("created twice at once under one name is one sandbox", async () => {
    await using domain = openMemoryDomain();
    const both = await Promise.all([1, 2].map(() => domain.platform.sandbox.create({ name: "twin" })));
    expect(both[0]?.id).toBe(both[1]?.id);
    expect(await domain.context.engine.list()).toHaveLength(1);
  });

  it("that has the name but is another is a CONFLICT that names what differs", async () => {
    await using domain = openMemoryDomain();
    const { sandbox } = domain.platform;
    const made = await sandbox.create({ name: "web", env: { A: "1" }, memoryBytes: 64 * 1024 * 1024 });
    expect((await sandbox.create({ name: "web", env: { A: "1" } })).id).toBe(made.id);
    const other = sandbox.create({ name: "web", env: { A: "2" }, image: "busybox", cpus: 1 });
    await expect(other).rejects.toMatchObject({
      code: "CONFLICT",
      message: 'The sandbox "web" exists already, with another env, cpus, image.',
    });
  });

  it("that has the name but is gone from the engine is told as lost", async () => {
    await using domain = openMemoryDomain();
    const made = await domain.platform.sandbox.create({ name: "web" });
    domain.control.vanish(made.id);
    expect(await domain.platform.sandbox.create({ name: "web" })).toMatchObject({ id: made.id, state: "lost" });
  });

  it("that is removed while it starts is not told as running, and leaves nothing", async () => {
    await using domain = openMemoryDomain();
    const { engine } = domain.context;
    const slow: Engine = {
      ...engine,
      createSandbox: async (spec, signal) => {
        await engine.createSandbox(spec, signal);
        await domain.platform.sandbox.remove({ id: spec.id });
      },
    };
    const platform = createPlatform({ ...domain.context, engine: slow }, unrestricted("alice"));
    await expect(platform.sandbox.create({ name: "web" })).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await engine.list()).toEqual([]);
  });

  it("of somebody else is NOT_FOUND everywhere, by id, name and conversation id", async () => {
    await using domain = openMemoryDomain();
    const made = await domain.platform.sandbox.create({ name: "mine", conversationId: "talk" });
    const bob = domain.platformOf("bob");
    for (const id of [made.id, "mine", "talk"]) {
      const refused = { code: "NOT_FOUND", message: `You have no sandbox "${id}".` };
      await expect(bob.sandbox.get({ id })).rejects.toMatchObject(refused);
      await expect(bob.sandbox.remove({ id })).rejects.toMatchObject(refused);
      await expect(collect(bob.sandbox.exec({ id, command: ["true"] }))).rejects.toMatchObject(refused);
      await expect(bob.sandbox.runs({ id })).rejects.toMatchObject(refused);
      await expect(bob.file.read({ id, path: "a" })).rejects.toMatchObject(refused);
      await expect(bob.file.write({ id, path: "a", content: "" })).rejects.toMatchObject(refused);
      await expect(Array.fromAsync(bob.raw.download({ id, path: "a" }))).rejects.toMatchObject(refused);
    }
    expect((await bob.sandbox.list({})).items).toEqual([]);
    expect((await domain.platform.sandbox.get({ id: made.id })).state).toBe("running");
  });

  it("with a conversation id that another owner holds is a CONFLICT that tells nothing about them", async () => {
    await using domain = openMemoryDomain();
    await domain.platform.sandbox.create({ conversationId: "talk" });
    const attempt = domain.platformOf("bob").sandbox.create({ conversationId: "talk" });
    await expect(attempt).rejects.toMatchObject({ code: "CONFLICT" });
    expect(await domain.context.engine.list()).toHaveLength(1);
  });

  it("that cannot start leaves no row and no unit", async () => {
    await using domain = openMemoryDomain();
    const attempt = domain.platform.sandbox.create({ image: "no-such-image:1" });
    await expect(attempt).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
    expect((await domain.platform.sandbox.list({})).items).toEqual([]);
    expect(await domain.context.engine.list()).toEqual([]);
  });

  it("that the engine no longer has is lost, with the reason", async () => {
    await using domain = openMemoryDomain();
    const made = await domain.platform.sandbox.create({});
    await domain.context.engine.remove(made.id);
    const seen = await domain.platform.sandbox.get({ id: made.id });
    expect(seen).toMatchObject({ state: "lost", reason: "The engine no longer has it." });
  });

  it("is listed in pages, newest first, without gaps or repeats", async () => {
    await using domain = openMemoryDomain();
    const made: string[] = [];
    for (let index = 0; index < 5; index += 1) made.push((await domain.platform.sandbox.create({})).id);
    const seen: string[] = [];
    let cursor: string | undefined;
    do {
      const page = await domain.platform.sandbox.list({ limit: 2, ...(cursor === undefined ? {} : { cursor }) });
      seen.push(...page.items.map((item) => item.id));
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(seen.toSorted()).toEqual(made.toSorted());
    await expect(domain.platform.sandbox.list({ cursor: "x" })).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });
});

describe("a run in a sandbox", () => {
  it("has the sandbox's environment under its own, and starts in the workspace", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({ env: { A: "1", B: "1" } });
    const env = await resultOf(domain.platform.sandbox.exec({ id, command: ["env"], env: { B: "2" } }));
    expect(env.stdout).toContain("A=1\n");
    expect(env.stdout).toContain("B=2\n");
    const pwd = await resultOf(domain.platform.sandbox.exec({ id, command: ["pwd"] }));
    expect(pwd.stdout).toBe("/workspace\n");
    expect(pwd.limits.timeoutMs).toBe(30_000);
  });

  it("is kept with its output, and listed newest first", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({});
    const { runId } = await resultOf(domain.platform.sandbox.exec({ id, command: ["echo", "kept"] }));
    expect(await domain.platform.run.get({ runId })).toMatchObject({ stdout: "kept\n", command: ["echo", "kept"] });
    expect((await domain.platform.sandbox.runs({ id })).items).toMatchObject([{ runId, kind: "exec" }]);
    await expect(domain.platformOf("bob").run.get({ runId })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });

  it("of a code block writes the file and runs it as one argument", async () => {
    await using domain = openMemoryDomain(
      {},
      {
        programs: {
          sh: async ({ argv, stdout }) => {
            await stdout(Buffer.from(argv.slice(1).join("|")));
            return 0;
          },
        },
      },
    );
    const { id } = await domain.platform.sandbox.create({});
    const code = { filename: "a.sh", content: "echo 42\n" };
    const result = await resultOf(domain.platform.sandbox.exec({ id, code }));
    expect(result.stdout).toBe("a.sh");
    expect(await domain.platform.file.read({ id, path: "a.sh" })).toMatchObject({ content: "echo 42\n" });
  });

  it.each([
    [{ filename: "../x.py", content: "" }, "expected a plain file name"],
    [{ filename: "/etc/x.py", content: "" }, "expected a plain file name"],
    [{ filename: "-x.py", content: "" }, "expected a plain file name"],
    [{ filename: "a b.py", content: "" }, "expected a plain file name"],
    [{ filename: "x.exe", content: "" }, 'No interpreter for "x.exe": expected .py, .js, .mjs, .ts, .sh.'],
  ])("refuses the code block %j", async (code, message) => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({});
    const attempt = collect(domain.platform.sandbox.exec({ id, code }));
    await expect(attempt).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(message) as string,
    });
  });

  it("needs a command or a code block, not both and not neither", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({});
    const attempt = collect(domain.platform.sandbox.exec({ id }));
    await expect(attempt).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });
});
