import { once } from "node:events";
import type { ServeReady } from "../cli/host.ts";
import { createApi, RequestMetrics, serveOnAddress, serveOnSocket, type Address } from "../api/index.ts";
import { MoorageError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { Admit } from "../contracts/admission.ts";
import type { SignIn } from "../contracts/sign-in.ts";
import type { Configuration } from "./configuration.ts";
import type { LocalPlatform } from "./local-platform.ts";
import type { Locations } from "./settings.ts";

type Serving = {
  readonly settings: Configuration["server"];
  readonly version: string;
  readonly locations: Locations;
  readonly logger: Logger;
  readonly signal: AbortSignal;
  readonly onReady: (ready: ServeReady) => void;
};

/** Opens the doors of a server, all or none, and keeps them open until the signal aborts. */
export async function serve(platform: LocalPlatform, serving: Serving): Promise<void> {
  const { signal, onReady } = serving;
  await using opened = new AsyncDisposableStack();
  const doors = await openDoors(platform, serving, opened);
  const adminKey = await platform.firstKey();
  // Not before the socket is ours: there is one server that keeps this state.
  const keeping = new AbortController();
  const kept = platform.keep(keeping.signal);
  opened.defer(async () => {
    keeping.abort();
    await kept;
  });
  onReady({ ...doors, ...(adminKey === undefined ? {} : { adminKey }) });
  if (!signal.aborted) await once(signal, "abort");
  // Before the doors close: whoever waits for a run is told how it ended, and the server need not wait for them.
  await platform.endRuns();
}

async function openDoors(platform: LocalPlatform, serving: Serving, opened: AsyncDisposableStack) {
  const { settings, version, locations, logger } = serving;
  const addresses = settings.listen.map(readAddress);
  const local: Admit = async ({ header }) => {
    if (header?.("x-moorage-owner") === undefined) return platform;
    throw new MoorageError("FORBIDDEN", "On the local socket everything is the local user's: expected no team.", {
      hint: "Act for a team with a key, on one of the server's other addresses.",
    });
  };
  const { admit, observatory } = platform;
  const parts = { logger, version, observed: { requests: new RequestMetrics(), observatory } };
  const doors: AsyncDisposable[] = [];
  // Together: each waits for its open requests.
  opened.defer(async () => void (await Promise.all(doors.map((door) => door[Symbol.asyncDispose]()))));
  const keep = <Door extends AsyncDisposable>(door: Door): Door => {
    doors.push(door);
    return door;
  };
  const { path: socket } = keep(
    await serveOnSocket({ app: createApi({ ...parts, admit: local }), path: locations.socket, logger }),
  );
  const app = createApi({ ...parts, admit });
  const { path: agentSocket } = keep(await serveOnSocket({ app, path: locations.agentSocket, openTo: "all", logger }));
  const guarded = createApi({ ...parts, admit, ...guards(settings, platform.signIn) });
  const urls: string[] = [];
  for (const address of addresses) {
    const { url } = keep(await serveOnAddress({ app: guarded, address, logger }));
    if (!isLoopback(address))
      logger.warn({ url }, "keys are sent in the clear there, unless TLS is put in front of it");
    urls.push(url);
  }
  return { socket, agentSocket, urls };
}

/** By whom requests of pages are told; a browser that signs in comes by a name of its own. */
function guards({ hosts, origins }: Serving["settings"], signIn: SignIn | undefined) {
  if (signIn === undefined) return { names: { hosts, origins } };
  return { signIn, names: { hosts: [...hosts, new URL(signIn.origin).hostname], origins } };
}

const ADDRESS = /^(?<host>[^\s:[\]]+|\[[0-9a-fA-F:.]+\]):(?<port>\d{1,5})$/;
const MOST_PORTS = 65_535;

export function readAddress(text: string): Address {
  const { host, port } = ADDRESS.exec(text)?.groups ?? {};
  const number = Number(port);
  if (host !== undefined && number <= MOST_PORTS) return { host: host.replace(/^\[(.*)\]$/, "$1"), port: number };
  throw new MoorageError(
    "INVALID_INPUT",
    `listen: expected HOST:PORT, such as 127.0.0.1:7070 or [::1]:7070, got ${JSON.stringify(text)}.`,
    { hint: "Name the address of one interface; 0.0.0.0 is all of them, `none` only the sockets." },
  );
}

function isLoopback({ host }: Address): boolean {
  return host === "localhost" || host === "::1" || host.startsWith("127.");
}
