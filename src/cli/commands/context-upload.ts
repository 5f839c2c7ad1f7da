import type { CliCommand } from "../invocation.ts";
import { bytesOf } from "./file-content.ts";
import { present } from "./present.ts";

/** `context upload`: a tar archive from stdin, for what is on another machine than the server. */
export const contextUploadCommand: CliCommand = {
  words: ["context", "upload"],
  summary: "Stage a tar archive from standard input, plain or with gzip.",
  options: [
    {
      flag: "dockerfile",
      takes: "text",
      description: "Path of the Dockerfile in the archive; `Dockerfile` otherwise, written where none is there.",
    },
  ],
  positionals: [],
  runs: false,
  execute: async ({ options }, session) => {
    const { globals, host, io, ui, signal } = session;
    const dockerfile = options.get("dockerfile")?.at(-1);
    const input = dockerfile === undefined ? {} : { dockerfile };
    if ("isTTY" in io.stdin && io.stdin.isTTY === true) await ui.note("reading standard input; end it with Ctrl-D.");
    const engine = globals.engine === undefined ? {} : { engine: globals.engine };
    await using platform = await host.openPlatform({ ...engine, needsImages: false });
    const output = await platform.raw.stage(input, bytesOf(io.stdin, signal), { signal });
    return await present({ name: "context.create", input, output }, session);
  },
};
