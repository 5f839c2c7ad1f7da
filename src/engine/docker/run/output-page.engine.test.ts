import { afterAll, beforeAll, expect, test } from "vitest";
import type { OutputPage } from "../../engine.ts";
import { openDockerFixture, printed, type DockerFixture } from "../docker-fixture.ts";

const WAIT = { timeout: 60_000, interval: 200 };
/** Says a word, and when it is told to, more than the engine keeps. */
const SCRIPT = `
echo first
while [ ! -e /workspace/go ]; do sleep 0.1; done
i=0
while [ "$i" -lt 30000 ]; do echo "line $i, which is as long as it takes to fill the log up"; i=$((i + 1)); done
echo last
sleep 600
`;

let fixture: DockerFixture;
beforeAll(() => {
  fixture = openDockerFixture();
});
afterAll(() => fixture[Symbol.asyncDispose]());

const text = ({ chunks }: OutputPage) => Buffer.concat(chunks.map(({ data }) => data)).toString();

test("what was dropped between two reads is told as a gap", { timeout: 120_000 }, async () => {
  const id = await fixture.sandbox({ main: { command: ["sh", "-c", SCRIPT] } });
  const since = (after?: string) => fixture.engine.outputSince(id, after);
  await expect.poll(async () => text(await since()), WAIT).toBe("first\n");
  const { next } = await since();
  await printed(await fixture.exec(id, ["touch", "/workspace/go"]));
  await expect.poll(async () => text(await since(next ?? "")), WAIT).toMatch(/last\n$/);
  const page = await since(next ?? "");
  expect(page.gap).toBe(true);
  expect(text(page)).toMatch(/^line \d+, which/);
  expect(await since(page.next ?? "")).toEqual({ chunks: [], next: page.next, gap: false });
});
