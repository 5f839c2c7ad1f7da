import { spawnSync } from "node:child_process";

import { expect, test } from "vitest";

import { tarFiles } from "./tar-files.ts";

const tar = (archive: Buffer, ...args: string[]) => spawnSync("tar", args, { input: archive, encoding: "utf8" });

test("tar reads back names and contents, also at the edges of a block", () => {
  const archive = tarFiles([
    { name: "Dockerfile", content: Buffer.from("FROM scratch\n") },
    { name: "ca/empty.crt", content: Buffer.alloc(0) },
    { name: "ca/block.crt", content: Buffer.alloc(512, "a") },
    { name: "ca/more.crt", content: Buffer.alloc(513, "b") },
  ]);

  const listed = tar(archive, "-t");
  expect(listed.stderr).toBe("");
  expect(listed.stdout).toBe("Dockerfile\nca/empty.crt\nca/block.crt\nca/more.crt\n");
  expect(tar(archive, "-xO", "Dockerfile").stdout).toBe("FROM scratch\n");
  expect(tar(archive, "-xO", "ca/block.crt").stdout).toBe("a".repeat(512));
  expect(tar(archive, "-xO", "ca/more.crt").stdout).toBe("b".repeat(513));
});

test("a name that does not fit is refused with its value", () => {
  const name = "n".repeat(101);
  expect(() => tarFiles([{ name, content: Buffer.alloc(0) }])).toThrow(name);
});
