import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { expect, test } from "vitest";

import { machineAuthorities } from "./machine-authorities.ts";

test("certificates are found by their extension, in order", async () => {
  const directory = await mkdtemp(join(tmpdir(), "moorage-authorities-"));
  try {
    for (const name of ["b.crt", "a.crt", "README"]) await writeFile(join(directory, name), name);
    expect(await machineAuthorities(directory)).toEqual([
      { fileName: "a.crt", certificate: Buffer.from("a.crt") },
      { fileName: "b.crt", certificate: Buffer.from("b.crt") },
    ]);
  } finally {
    await rm(directory, { recursive: true });
  }
});

test("a machine without the directory has none", async () => {
  expect(await machineAuthorities("/nonexistent")).toEqual([]);
});
