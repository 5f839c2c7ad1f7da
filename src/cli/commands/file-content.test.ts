import { describe, expect, test } from "vitest";
import type { ReadInput, WriteInput } from "../../contracts/raw.ts";
import { hostWith } from "../testing/platform.ts";
import { moorage } from "../testing/terminal.ts";

const RAW = Buffer.from([0xff, 0x00, 0x0a, 0x1b]);

function readingHost() {
  const inputs: ReadInput[] = [];
  let disposed = 0;
  const { host } = hostWith(
    { "file.read": (input) => ({ echo: input }) },
    {
      read: async (input) => {
        inputs.push(input);
        const content = (async function* () {
          yield RAW.subarray(0, 1);
          yield await Promise.resolve(RAW.subarray(1));
        })();
        const dispose = async (): Promise<void> => void (disposed += 1);
        return { sizeBytes: 4, offset: 0, length: 4, content, [Symbol.asyncDispose]: dispose };
      },
    },
  );
  return { host, inputs, disposed: () => disposed };
}

describe("file read", () => {
  test("prints the bytes of the file, and nothing else", async () => {
    const { host, inputs, disposed } = readingHost();
    const { bytes, stderr, exitCode } = await moorage(["file", "read", "demo", "x"], { host });
    expect({ bytes, stderr, exitCode }).toEqual({ bytes: RAW, stderr: "", exitCode: 0 });
    expect(inputs).toEqual([{ id: "demo", path: "x" }]);
    expect(disposed()).toBe(1);
  });

  test("asks for a part", async () => {
    const { host, inputs } = readingHost();
    await moorage(["file", "read", "demo", "x", "--offset", "10", "--length", "2k"], { host });
    expect(inputs).toEqual([{ id: "demo", path: "x", offset: 10, length: 2048 }]);
  });

  test("with --json answers what the operation does", async () => {
    const { host, inputs } = readingHost();
    const { stdout } = await moorage(["file", "read", "demo", "x", "--offset", "-5", "--json"], { host });
    expect(JSON.parse(stdout)).toEqual({ echo: { id: "demo", path: "x", offset: -5 } });
    expect(inputs).toEqual([]);
  });
});

describe("file write", () => {
  const writingHost = () => {
    const inputs: WriteInput[] = [];
    let bytes = 0;
    const { host } = hostWith(
      {},
      {
        write: async (input, content) => {
          inputs.push(input);
          for await (const chunk of content) bytes += chunk.length;
          return { path: `/workspace/${input.path}`, sizeBytes: bytes };
        },
      },
    );
    return { host, inputs };
  };

  test.each([[[]], [["-i"]]])("sends stdin as it comes, with or without the flag: %j", async (flag) => {
    const { host, inputs } = writingHost();
    const stdin = Buffer.alloc(17 * 1024 * 1024);
    const argv = ["file", "write", "demo", "a b.txt", "--mode", "600", ...flag];
    const { stdout, stderr, exitCode } = await moorage(argv, { host, stdin });
    expect({ stdout, stderr, exitCode }).toEqual({
      stdout: "",
      stderr: "✔ Wrote 17 MiB to /workspace/a b.txt\n",
      exitCode: 0,
    });
    expect(inputs).toEqual([{ id: "demo", path: "a b.txt", mode: "600" }]);
  });

  test("with --json tells what was written", async () => {
    const { host } = writingHost();
    const { stdout } = await moorage(["file", "write", "demo", "x", "--json"], { host, stdin: "text" });
    expect(JSON.parse(stdout)).toEqual({ path: "/workspace/x", sizeBytes: 4 });
  });
});
