import { glob, readFile } from "node:fs/promises";
import { expect, test } from "vitest";

const read = (path: string): Promise<string> => readFile(new URL(path, import.meta.url), "utf8");
const compiled = async (path: string): Promise<string> =>
  (await read(path)).replace('"../src/sdk/index.ts"', '"moorage"');

const blocksOf = (page: string): readonly string[] =>
  [...page.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = ""]) => code);

test("the example in the documentation is the one that is compiled", async () => {
  const [, block = ""] = /@example\n \* ```ts\n(.*?) \* ```/s.exec(await read("./client.ts")) ?? [];
  expect(block.replaceAll(/^ \* ?/gm, "")).toBe(await compiled("../../examples/sdk-run.ts"));
});

test.each(["../../docs/sdk.md", "../../README.md"])("%s shows nothing that is not compiled and run", async (page) => {
  const names = await Array.fromAsync(glob("sdk-*.ts", { cwd: new URL("../../examples/", import.meta.url) }));
  const examples = await Promise.all(names.map((name) => compiled(`../../examples/${name}`)));
  const blocks = blocksOf(await read(page));
  expect(blocks.length).toBeGreaterThan(0);
  expect(blocks.filter((block) => !examples.some((example) => example.includes(block)))).toEqual([]);
});
