import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { runOrThrow } from "../../scripts/setup/run-program.ts";
import { newId } from "../../src/base/ids.ts";
import { openSqliteStore } from "../../src/store/sqlite/sqlite-store.ts";
import { compare, comparison } from "../compare.ts";
import { startServer } from "../server.ts";
import { IMAGE, type BenchCase } from "./bench.ts";

const CONNECTIONS = 32;
const SECONDS = 4;
const ROUNDS = 5;
const REGISTERED = 1_000;
const LISTS = 50;
const STARTS = 10;
const IDLE_MS = 10_000;
const BARE = fileURLToPath(new URL("../bare-hono.ts", import.meta.url));

/**
 * A sandbox read over TCP with a key by 32 connections, beside a route of Hono that answers the same bytes; a page of a
 * registry of a thousand; how soon a server is ready, and what it takes when it does nothing. The load comes from `wrk`.
 */
export const http: BenchCase = {
  name: "http",
  run: async ({ home }) => {
    const place = join(home, "http");
    await using undo = new AsyncDisposableStack();
    const { id, key } = await prepared(place);
    undo.defer(() => emptied(place));
    const quiet = [await startTimes(place), await idle(place)];
    const port = await freePort();
    await using server = await startServer(place, { listen: `127.0.0.1:${port}` });
    const url = `http://127.0.0.1:${port}`;
    const answer = await fetch(`${url}/v1/sandboxes/${id}`, { headers: { authorization: `Bearer ${key}` } });
    if (!answer.ok) throw new Error(`The sandbox cannot be read: ${answer.status}.`);
    const bare = undo.use(await startBare(await answer.text()));
    const loads = await loaded([`${url}/v1/sandboxes/${id}`, `${bare.url}/v1/sandboxes/${id}`], key);
    const list = { name: "sandbox.list", run: async () => void (await server.platform.sandbox.list({ limit: 100 })) };
    const whoami = { name: "auth.whoami", run: async () => void (await server.platform.auth.whoami({})) };
    const page = await compare(`a page of 100 of ${REGISTERED} sandboxes`, [list, whoami], {
      rounds: LISTS,
      goal: { p50: 10 },
    });
    return [...loads, page, ...quiet];
  },
};

/** One running sandbox among a thousand that are archived, and a key to read it. */
async function prepared(place: string): Promise<{ readonly id: string; readonly key: string }> {
  const made = await (async () => {
    await using server = await startServer(place);
    const { id } = await server.platform.sandbox.create({ image: IMAGE });
    const { key } = await server.platform.key.create({ name: "bench" });
    return { id, key };
  })();
  await using store = openSqliteStore(join(place, "moorage.db"));
  const row = await store.sandboxes.get(made.id);
  if (row === undefined) throw new Error("The sandbox is not registered.");
  for (let index = 1; index < REGISTERED; index += 1) {
    await store.sandboxes.insert({ ...row, id: newId(), state: "archived" });
  }
  return made;
}

async function emptied(place: string): Promise<void> {
  await using server = await startServer(place);
  const running = await server.platform.sandbox.list({ state: ["running"] });
  for (const { id } of running.items) await server.platform.sandbox.remove({ id });
}

type Load = { readonly perSecond: number; readonly p99Ms: number };

/** Requests in a second, and the slowest hundredth, of ours and of the bare one in turn. */
async function loaded([ours, bare]: readonly [string, string], key: string) {
  const measured = { ours: [] as Load[], bare: [] as Load[] };
  await wrk(ours, key);
  await wrk(bare, key);
  for (let round = 0; round < ROUNDS; round += 1) {
    measured.ours.push(await wrk(ours, key));
    measured.bare.push(await wrk(bare, key));
  }
  const pair = (of: (load: Load) => number) =>
    [
      { name: "GET /v1/sandboxes/{id}", times: measured.ours.map(of) },
      { name: "a bare route of Hono", times: measured.bare.map(of) },
    ] as const;
  const what = `${CONNECTIONS} connections`;
  return [
    // The time of one request, so that less is better here, too: half of the throughput is twice the time.
    comparison(
      `${what}: microseconds for a request`,
      pair(({ perSecond }) => 1e6 / perSecond),
      { ratio: 2 },
    ),
    comparison(
      `${what}: p99, ms`,
      pair(({ p99Ms }) => p99Ms),
      { ratio: 2 },
    ),
  ];
}

async function wrk(url: string, key: string): Promise<Load> {
  const flags = ["-t1", `-c${CONNECTIONS}`, `-d${SECONDS}s`, "--latency", "-H", `authorization: Bearer ${key}`];
  const output = await runOrThrow(["wrk", ...flags, url], { deadlineMs: SECONDS * 10_000 });
  if (/Non-2xx|Socket errors/.test(output)) throw new Error(`Requests have failed:\n${output}`);
  const perSecond = /Requests\/sec:\s+([\d.]+)/.exec(output)?.[1];
  const [, p99 = "", unit = ""] = /\b99%\s+([\d.]+)(us|ms|s)\b/.exec(output) ?? [];
  if (perSecond === undefined || p99 === "") throw new Error(`wrk printed something else:\n${output}`);
  return { perSecond: Number(perSecond), p99Ms: Number(p99) * ({ us: 0.001, ms: 1, s: 1000 }[unit] ?? Number.NaN) };
}

async function startBare(body: string): Promise<AsyncDisposable & { readonly url: string }> {
  const child = spawn(process.execPath, [BARE], { stdio: ["pipe", "pipe", "inherit"] });
  child.stdin.end(body);
  const [url] = (await once(createInterface({ input: child.stdout }), "line")) as [string];
  return {
    url,
    [Symbol.asyncDispose]: async () => {
      const ended = once(child, "exit");
      child.kill("SIGTERM");
      await ended;
    },
  };
}

async function startTimes(place: string) {
  const times: number[] = [];
  for (let round = 0; round < STARTS; round += 1) {
    const begun = performance.now();
    await using server = await startServer(place);
    await server.platform.auth.whoami({});
    times.push(performance.now() - begun);
  }
  return comparison(
    "start to the first answer, ms",
    [
      { name: "moorage serve", times },
      { name: "the same", times },
    ],
    {
      p50: 500,
    },
  );
}

async function idle(place: string) {
  await using server = await startServer(place);
  const started = await server.memory();
  await new Promise((resolve) => setTimeout(resolve, IDLE_MS));
  return comparison(
    "memory of an idle server, MiB",
    [
      { name: "after 10 s", times: [await server.memory()] },
      { name: "at the start", times: [started] },
    ],
    { p50: 120 },
  );
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  if (address === null || typeof address === "string") throw new Error("There is no free port.");
  return address.port;
}
