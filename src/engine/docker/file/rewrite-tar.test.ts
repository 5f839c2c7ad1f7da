import { extract, pack } from "tar-stream";
import { describe, expect, test } from "vitest";
import { failureOf } from "../docker-fixture.ts";
import { rewriteTar } from "./rewrite-tar.ts";
import { bytesOf } from "../../../base/tar-streams.ts";
import { type TarHeader } from "./tar-header.ts";

const unchanged = { first: [], visit: (header: TarHeader) => Promise.resolve([header]) };

function tar(...entries: readonly (TarHeader & { content?: string | Buffer })[]): AsyncIterable<Uint8Array> {
  const archive = pack();
  for (const { content, linkname, ...header } of entries) {
    const whole = typeof linkname === "string" ? { ...header, linkname } : header;
    if (content === undefined) archive.entry(whole);
    else archive.entry(whole, content);
  }
  archive.finalize();
  return bytesOf(archive);
}

async function whole(source: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  for await (const part of source) parts.push(part);
  return Buffer.concat(parts);
}

async function entries(source: AsyncIterable<Uint8Array>) {
  const archive = extract();
  archive.write(await whole(source));
  archive.end(undefined);
  const found = [];
  for await (const entry of archive) found.push({ header: entry.header, content: await whole(bytesOf(entry)) });
  return found;
}

describe("rewriting a tar stream", () => {
  test("headers are replaced, added and left out; contents stay", async () => {
    const big = Buffer.alloc(3_000_000, 5);
    const source = tar(
      { name: "a", content: "A" },
      { name: "drop", content: "x".repeat(5000) },
      { name: "big", content: big },
    );
    const rewritten = rewriteTar(source, {
      first: [{ name: "first", type: "directory" }],
      visit: (header) => {
        if (header.name === "drop") return Promise.resolve([]);
        return Promise.resolve([
          { name: "before", type: "directory" },
          { ...header, name: `to/${header.name}`, uid: 5 },
        ]);
      },
    });
    const found = await entries(rewritten);
    expect(found.map((entry) => entry.header.name)).toEqual(["first", "before", "to/a", "before", "to/big"]);
    expect(found[2]?.content.toString()).toBe("A");
    expect(found[2]?.header.uid).toBe(5);
    expect(found[4]?.content.equals(big)).toBe(true);
  });

  test("long, non-ASCII names and link targets survive", async () => {
    const name = `${"długi ".repeat(40)}/${"x".repeat(120)}`;
    const found = await entries(
      rewriteTar(tar({ name, content: "1" }, { name: "l", type: "symlink", linkname: name }), unchanged),
    );
    expect(found.map(({ header }) => [header.name, header.linkname])).toEqual([
      [name, null],
      ["l", name],
    ]);
  });

  test("owners and times beyond the plain fields are kept", async () => {
    const mtime = new Date("2077-01-02T03:04:05Z");
    const [entry] = await entries(
      rewriteTar(tar({ name: "a", content: "" }), {
        first: [],
        visit: (header) => Promise.resolve([{ ...header, uid: 1_000_001, gid: 3_000_000_000, mtime }]),
      }),
    );
    expect(entry?.header.pax).toMatchObject({
      uid: "1000001",
      gid: "3000000000",
      mtime: String(mtime.getTime() / 1000),
    });
  });

  test("a name that is not UTF-8 is INVALID_INPUT, not another name", async () => {
    const bytes = await whole(tar({ name: "caf_", content: "x" }));
    bytes[3] = 0xe9;
    bytes.write("        ", 148);
    const sum = bytes.subarray(0, 512).reduce((total, byte) => total + byte, 0);
    bytes.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148);
    const source = (async function* () {
      yield await Promise.resolve(bytes);
    })();
    await expect(whole(rewriteTar(source, unchanged))).rejects.toMatchObject({ code: "INVALID_INPUT" });
  });

  test("an archive that breaks off, and a source that fails, are INVALID_INPUT", async () => {
    const bytes = await whole(tar({ name: "a", content: "x".repeat(5000) }));
    const cut = (async function* () {
      yield await Promise.resolve(bytes.subarray(0, 2000));
    })();
    await expect(whole(rewriteTar(cut, unchanged))).rejects.toMatchObject({ code: "INVALID_INPUT" });
    const failing = (async function* () {
      yield await Promise.resolve(bytes.subarray(0, 700));
      throw new Error("the sender went away");
    })();
    const { code, message } = await failureOf(whole(rewriteTar(failing, unchanged)));
    expect(code).toBe("INVALID_INPUT");
    expect(message).toContain("the sender went away");
  });

  test("a reader that leaves ends the source", async () => {
    let ended = false;
    const endless = (async function* () {
      const bytes = await whole(tar({ name: "a", content: "x".repeat(100_000) }));
      try {
        for (;;) yield bytes.subarray(0, bytes.length - 1024);
      } finally {
        ended = true;
      }
    })();
    for await (const _ of rewriteTar(endless, unchanged)) break;
    await expect.poll(() => ended).toBe(true);
  });

  test("a reader that leaves is not kept by a source that gives nothing more", async () => {
    const bytes = await whole(tar({ name: "a", content: "x" }, { name: "b", content: "x".repeat(5000) }));
    const stalled = (async function* () {
      yield bytes.subarray(0, 2048);
      await new Promise(() => undefined);
    })();
    const left: string[] = [];
    for await (const _ of rewriteTar(stalled, unchanged)) {
      left.push("left");
      break;
    }
    expect(left).toEqual(["left"]);
  });
});
