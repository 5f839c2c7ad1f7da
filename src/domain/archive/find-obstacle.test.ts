import { describe, expect, it } from "vitest";
import { tarOf, type TarWish } from "../../engine/conformance/tar.ts";
import { findObstacle } from "./find-obstacle.ts";

const ROOT: TarWish = { name: "workspace/", type: "directory" };
const FILE: TarWish = { name: "workspace/sub/file", content: "text" };

describe("an exported workspace", () => {
  it("can be restored with files, directories and links that stay inside", async () => {
    const links: TarWish[] = [
      { name: "workspace/sub/up", type: "symlink", linkname: "../other" },
      { name: "workspace/absolute", type: "symlink", linkname: "/workspace/sub" },
      { name: "workspace/hard", type: "link", linkname: "workspace/sub/file" },
      { name: `workspace/${"ä".repeat(120)}`, content: "" },
    ];
    const sub: TarWish = { name: "workspace/sub/", type: "directory" };
    expect(await findObstacle(tarOf(ROOT, sub, FILE, ...links))).toBeUndefined();
  });

  it.each<[string, TarWish]>([
    ['"up" links to "../etc", outside /workspace', { name: "workspace/up", type: "symlink", linkname: "../etc" }],
    ['"python" links to "/usr/bin/x", outside /workspace', symlink("python", "/usr/bin/x")],
    ['"hard" is a hard link to "workspace/gone", which is missing', link("hard", "workspace/gone")],
    ['"pipe" is a fifo', { name: "workspace/pipe", type: "fifo" }],
    ['"null" is a character-device', { name: "workspace/null", type: "character-device" }],
    ['the name "sub/file" is there twice', FILE],
    ['"soft" links to "a\uFFFD", which is not UTF-8', symlink("soft", "a\uFFFD")],
  ])("cannot where %s", async (obstacle, entry) => {
    expect(await findObstacle(tarOf(ROOT, FILE, entry, { name: "workspace/last", content: "" }))).toBe(obstacle);
  });

  it("cannot where a name in a plain header is not UTF-8", async () => {
    expect(await findObstacle(withPlainByte())).toBe('the name "caf\uFFFD" is not UTF-8');
  });

  it("that is cut off is told", async () => {
    const [first = new Uint8Array()] = await Array.fromAsync(tarOf(FILE));
    await expect(findObstacle(oneChunk(first.subarray(0, 300)))).rejects.toThrow("Unexpected end of data");
  });
});

function symlink(name: string, linkname: string): TarWish {
  return { name: `workspace/${name}`, type: "symlink", linkname };
}

function link(name: string, linkname: string): TarWish {
  return { name: `workspace/${name}`, type: "link", linkname };
}

/** The name's "#" becomes a byte of Latin-1, and the header's checksum grows by the difference. */
async function* withPlainByte(): AsyncGenerator<Uint8Array> {
  for await (const chunk of tarOf({ name: "workspace/caf#", content: "" })) {
    const at = chunk.indexOf("#".charCodeAt(0));
    if (at !== -1) {
      chunk[at] = 0xe9;
      const text = Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      const sum = Number.parseInt(text.toString("latin1", 148, 154), 8) + 0xe9 - "#".charCodeAt(0);
      text.write(sum.toString(8).padStart(6, "0"), 148, "latin1");
    }
    yield chunk;
  }
}

async function* oneChunk(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
  await Promise.resolve();
  yield chunk;
}
