import { readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), "utf8");

test("the example in the documentation is the one that is compiled", async () => {
  const [, block = ""] = /@example\n \* ```ts\n(.*?) \* ```/s.exec(await read("./client.ts")) ?? [];
  const shown = block.replaceAll(/^ \* ?/gm, "");
  const compiled = await read("../../examples/sdk-run.ts");
  expect(shown).toBe(compiled.replace('"../src/sdk/index.ts"', '"moorage"'));
});
