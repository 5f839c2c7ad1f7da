import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collect, openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { MarkedStream } from "./marked-stream.ts";

describe("the stream of a session", () => {
  const begin = "b".repeat(32);
  const end = "e1".repeat(16);

  it("is cut at the marks, whatever the command printed and in whatever pieces it comes", () => {
    const noise = fc.constantFrom("", "late output\n", "e1e1e1", begin);
    const text = fc.array(fc.constantFrom("e1", "e1e1", "\n", "ü", "x ", begin)).map((parts) => parts.join(""));
    const cuts = fc.array(fc.integer({ min: 1, max: 9 }));
    fc.assert(
      fc.property(noise, text, cuts, (before, printed, sizes) => {
        fc.pre(!printed.includes(end));
        const bytes = Buffer.from(`${before.replace(begin, "")}${begin}\n${printed}${end} 7\nafter`);
        const stream = new MarkedStream(begin, end);
        const seen: Uint8Array[] = [];
        let at = 0;
        for (const size of [...sizes, bytes.length]) {
          seen.push(stream.next(bytes.subarray(at, at + size)));
          at += size;
        }
        // A mark that follows the beginning of another is still found at its first place.
        const first = `${printed}${end}`.indexOf(end);
        expect(Buffer.concat(seen).toString()).toBe(printed.slice(0, first));
        expect(stream.ended).toBe(true);
      }),
    );
  });
});

describe("what follows the mark of an end", () => {
  it("is kept no longer than a code is", () => {
    const stream = new MarkedStream("begin", "end");
    stream.next(Buffer.from(`begin\nend ${"7".repeat(200)}`));
    expect(stream.ended).toBe(true);
    expect(stream.trailer.length).toBeLessThan(70);
  });
});

describe("a command in a session", () => {
  const refused = async (input: Record<string, unknown>) => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({});
    const run = collect(domain.platform.sandbox.exec({ id, command: ["true"], session: "work", ...input }));
    return await run.then(
      () => "accepted",
      (error: unknown) => error,
    );
  };

  it("takes nothing that its shell has settled", async () => {
    expect(await refused({ env: { A: "1" }, cwd: "src", interactive: true })).toMatchObject({
      code: "INVALID_INPUT",
      message: "sandbox.exec: expected a session's command without env, cwd, interactive.",
      hint: "Use cd and export in the session; what it reads is at its end from the start.",
      details: { issues: ["env", "cwd", "interactive"].map((path) => expect.objectContaining({ path }) as unknown) },
    });
  });

  it("has at most 64 KiB", async () => {
    expect(await refused({ command: ["echo", "x".repeat(70_000)] })).toMatchObject({
      code: "INVALID_INPUT",
      message: "sandbox.exec: a session takes commands of at most 64 KiB (got 70009 bytes).",
      hint: "Write it to a file of the sandbox, and run that.",
    });
  });

  it("needs a process that stays", async () => {
    await using domain = openMemoryDomain({ resident: false });
    const { id } = await domain.platform.sandbox.create({});
    const run = collect(domain.platform.sandbox.exec({ id, command: ["true"], session: "work" }));
    await expect(run).rejects.toMatchObject({ code: "SERVER_UNREACHABLE" });
  });

  it("that nobody has started is not there", async () => {
    await using domain = openMemoryDomain();
    const { id } = await domain.platform.sandbox.create({ name: "box" });
    expect(await domain.platform.session.list({ id })).toEqual({ items: [], nextCursor: null });
    await expect(domain.platform.session.remove({ id: "box", name: "work" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: 'The sandbox "box" has no session "work".',
      hint: "List them with `moorage session ls box`.",
    });
    await expect(domain.platformOf("bob").session.list({ id })).rejects.toMatchObject({ code: "NOT_FOUND" });
  });
});
