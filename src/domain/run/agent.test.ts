import { mkdtemp, readFile, realpath, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { PrintedCharacters } from "./printed-characters.ts";

const LONG = "żółć 🚢 ".repeat(100);

it("the result file of an agent counts the characters that were printed, not those that are kept", async () => {
  const root = await realpath(await mkdtemp(join(tmpdir(), "moorage-agent-")));
  try {
    await using base = openMemoryDomain();
    const policy = { ...base.context.policy, workspaceRoots: [root], recordBytes: 20 };
    await using domain = openMemoryDomain({ policy });
    const command = ["print", LONG, "four"];
    const result = await resultOf(domain.platform.agent.run({ agentId: "a1", workspace: root, command }));
    expect(result).toMatchObject({ truncated: true, stdoutBytes: Buffer.byteLength(LONG) });
    const file: unknown = JSON.parse(await readFile(join(root, ".docker-result-a1"), "utf8"));
    expect(file).toMatchObject({ stdout_chars: 700, stderr_chars: 4 });
  } finally {
    await rm(root, { recursive: true });
  }
});

it("characters that were not seen are not counted, and then nobody knows how many there were", () => {
  const printed = new PrintedCharacters();
  printed.note({ type: "stdout", offset: 0, data: Buffer.from([0xff, 0x61]).toString("base64"), encoding: "base64" });
  expect([printed.of("stdout"), printed.of("stderr")]).toEqual([2, 0]);
  printed.note({ type: "gap", offset: 2, bytes: 5 });
  expect([printed.of("stdout"), printed.of("stderr")]).toEqual([null, null]);
});
