import { EXIT } from "../exit-codes.ts";
import type { ServeReady } from "../host.ts";
import type { CliCommand } from "../invocation.ts";
import type { Ui } from "../output/ui.ts";

const NONE = "none";

export const serveCommand: CliCommand = {
  words: ["serve"],
  summary: "Serve the HTTP API until Ctrl-C: on the local socket, for agents, and on TCP.",
  options: [
    {
      flag: "listen",
      takes: "address",
      repeatable: true,
      description: "TCP address as HOST:PORT, or none; 127.0.0.1:7070 otherwise. Requests there need a key.",
    },
  ],
  positionals: [],
  runs: false,
  notes: ["Other commands of the same user then use the server, and share its sandboxes' warm processes."],
  execute: async ({ options }, { globals: { json, engine }, host, io, ui }) => {
    const announced: Promise<void>[] = [];
    const onReady = (ready: ServeReady): void => {
      announced.push(json ? ui.out(`${JSON.stringify(ready)}\n`) : tell(ui, ready));
    };
    const given = options.get("listen")?.filter((address) => address !== NONE);
    await host.serve({
      ...(engine === undefined ? {} : { engine }),
      ...(given === undefined ? {} : { listen: given }),
      signal: io.signal,
      onReady,
    });
    await Promise.all(announced);
    return EXIT.ok;
  },
};

async function tell(ui: Ui, { socket, agentSocket, urls, adminKey }: ServeReady): Promise<void> {
  for (const url of urls) await ui.success(`Listening on ${url}, with a key.`);
  await ui.success(`Listening on ${agentSocket}, for agents, with a key.`);
  await ui.success(`Listening on ${socket}, for you.`);
  if (adminKey === undefined) return;
  await ui.note(`the administrator's key, shown this once: ${adminKey}`);
}
