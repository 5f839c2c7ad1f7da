import { request } from "node:http";
import { once } from "node:events";
import { join } from "node:path";
import { locations } from "../../src/main/server.ts";
import { comparison, type Line } from "../compare.ts";
import { startServer, type BenchServer } from "../server.ts";
import type { BenchCase } from "./bench.ts";

const STREAMS = 500;
const EVENTS = 50;
const MOST_MIB = 50;

/** What many open streams of events cost a server of their own, which tells each of them what happens. */
export const events: BenchCase = {
  name: "events",
  run: async ({ home }) => {
    await using server = await startServer(join(home, "events"));
    // The first streams load code that stays.
    for (const warm of await openStreams(server, 10)) warm.close();
    const before = await server.memory();
    const streams = await openStreams(server, STREAMS);
    const open = await server.memory();
    const { network } = server.platform;
    for (let made = 0; made < EVENTS; made += 1) {
      await network.ensure({ name: "bench" });
      await network.remove({ name: "bench" });
    }
    await Promise.all(streams.map(({ told }) => told(EVENTS * 2)));
    const told = await server.memory();
    for (const { close } of streams) close();
    // What a collection has not come round to is counted too: it is what the machine has to have.
    return [
      line(`${STREAMS} open streams`, open - before),
      line(`${STREAMS} open streams, each told ${EVENTS * 2} events`, told - before),
    ];
  },
};

function line(what: string, cost: number): Line {
  const contenders = [
    { name: "more than without", times: [cost] },
    { name: "allowed", times: [MOST_MIB] },
  ] as const;
  return comparison(`memory of a server, MiB: ${what}`, contenders, { p50: MOST_MIB });
}

/** Real connections to the server's socket, each answered from its first event on. */
function openStreams(server: BenchServer, count: number) {
  const { socket } = locations({ MOORAGE_HOME: server.home });
  return Promise.all(Array.from({ length: count }, () => openStream(socket)));
}

async function openStream(socketPath: string) {
  const headers = { host: "moorage.localhost", accept: "text/event-stream" };
  const sent = request({ socketPath, path: "/v1/events?filter=network.*", agent: false, headers });
  sent.end();
  const [response] = (await once(sent, "response")) as [NodeJS.ReadableStream & { readonly statusCode: number }];
  if (response.statusCode !== 200) throw new Error(`The stream was answered with ${response.statusCode}.`);
  const heard = { events: 0, more: Promise.withResolvers<void>() };
  response.on("data", (chunk: Buffer) => {
    heard.events += chunk.toString().split("event: network.").length - 1;
    heard.more.resolve();
  });
  sent.on("error", () => undefined);
  return {
    close: () => void sent.destroy(),
    told: async (many: number) => {
      while (heard.events < many) {
        await heard.more.promise;
        heard.more = Promise.withResolvers();
      }
    },
  };
}
