import { EXIT } from "../exit-codes.ts";
import type { CliCommand } from "../invocation.ts";

export const mcpCommand: CliCommand = {
  words: ["mcp"],
  summary: "Serve the Model Context Protocol on stdin and stdout, until stdin ends.",
  options: [],
  positionals: [],
  runs: false,
  execute: async (_given, { globals: { engine }, host, io }) => {
    await host.mcp({ ...(engine === undefined ? {} : { engine }), signal: io.signal });
    return EXIT.ok;
  },
};
