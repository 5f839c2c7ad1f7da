import { expect, test } from "vitest";
import type { StageInput } from "../../contracts/raw.ts";
import type { StagedContext } from "../../contracts/types.ts";
import { hostWith } from "../testing/platform.ts";
import { moorage } from "../testing/terminal.ts";

function stagingHost() {
  const inputs: StageInput[] = [];
  const { host } = hostWith(
    {},
    {
      stage: async (input, tar): Promise<StagedContext> => {
        inputs.push(input);
        let bytes = 0;
        for await (const chunk of tar) bytes += chunk.length;
        return {
          ...{ id: "c1234567890123456789", files: 1, bytes, ignored: { count: 0, examples: [] }, commit: null },
          dockerfile: { path: "Dockerfile", text: "FROM scratch\n", generatedFor: null },
          createdAt: "2026-01-02T03:04:05.678Z",
          expiresAt: "2026-01-03T03:04:05.678Z",
        };
      },
    },
  );
  return { host, inputs };
}

test("sends stdin as it comes, and prints the id", async () => {
  const { host, inputs } = stagingHost();
  const argv = ["context", "upload", "--dockerfile", "docker/Dockerfile"];
  const { stdout, stderr, exitCode } = await moorage(argv, { host, stdin: Buffer.alloc(3 * 1024 * 1024) });
  expect({ stdout, stderr, exitCode }).toEqual({
    stdout: "c1234567890123456789\n",
    stderr: "✔ Staged 1 file (3 MiB).\n",
    exitCode: 0,
  });
  expect(inputs).toEqual([{ dockerfile: "docker/Dockerfile" }]);
});

test("with --json answers as `context create` does", async () => {
  const { host } = stagingHost();
  const { stdout } = await moorage(["context", "upload", "--json"], { host, stdin: "text" });
  expect(JSON.parse(stdout)).toMatchObject({ id: "c1234567890123456789", bytes: 4, commit: null });
});
