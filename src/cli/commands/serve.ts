import { EXIT } from "../exit-codes.ts";
import type { CliCommand } from "../invocation.ts";

export const serveCommand: CliCommand = {
  words: ["serve"],
  summary: "Serve the HTTP API on the local socket, until Ctrl-C.",
  options: [],
  positionals: [],
  runs: false,
  notes: ["Other commands of the same user then use the server, and share its sandboxes' warm processes."],
  execute: async (_given, { globals: { json, engine }, host, io, ui }) => {
    const announced: Promise<void>[] = [];
    const onReady = (address: string): void => {
      announced.push(json ? ui.out(`${JSON.stringify({ address })}\n`) : ui.success(`Listening on ${address}`));
    };
    await host.serve({ ...(engine === undefined ? {} : { engine }), signal: io.signal, onReady });
    await Promise.all(announced);
    return EXIT.ok;
  },
};
