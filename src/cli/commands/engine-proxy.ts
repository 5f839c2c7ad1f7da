import { EXIT } from "../exit-codes.ts";
import type { CliCommand } from "../invocation.ts";

const LISTEN = "/run/moorage-engine/docker.sock";
const UPSTREAM = "/var/run/docker.sock";

export const engineProxyCommand: CliCommand = {
  words: ["engine-proxy"],
  summary: "Serve the part of a Docker Engine's API that Moorage needs on another socket, until Ctrl-C.",
  options: [
    { flag: "listen", takes: "path", description: `Socket to listen at (mode 0660); ${LISTEN} otherwise.` },
    { flag: "upstream", takes: "path", description: `The engine's own socket; ${UPSTREAM} otherwise.` },
  ],
  positionals: [],
  runs: false,
  notes: [
    "A server whose DOCKER_HOST is that socket needs no right to the engine's own, with which it would have the machine.",
  ],
  execute: async ({ options }, { host, io, ui }) => {
    const listen = options.get("listen")?.[0] ?? LISTEN;
    const upstream = options.get("upstream")?.[0] ?? UPSTREAM;
    const announced: Promise<void>[] = [];
    const onReady = (): void => void announced.push(ui.success(`Listening on ${listen}, for ${upstream}.`));
    await host.engineProxy({ listen, upstream, signal: io.signal, onReady });
    await Promise.all(announced);
    return EXIT.ok;
  },
};
