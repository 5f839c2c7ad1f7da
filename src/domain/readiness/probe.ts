import { request } from "node:http";
import { deadlineSignal } from "../../base/deadline.ts";
import type { Engine, EngineRun, PortAddress } from "../../engine/engine.ts";
import type { SandboxRow } from "../../store/store.ts";
import { WORKSPACE } from "../sandbox/sandbox-view.ts";
import { textSearch } from "../text-search.ts";
import { lastWords } from "./last-words.ts";

/** One look: undefined when it is ready, else what is missing. */
export type Probe = (signal: AbortSignal) => Promise<string | undefined>;

/** Of the output's end, so that a look stays quick however much was printed. */
const LOG_CHARACTERS = 64 * 1024;
const LINE_CHARACTERS = 4 * 1024;
const ANSWER_MS = 5_000;

export function probeOf(engine: Engine, row: SandboxRow): Probe | undefined {
  const { id, readiness } = row;
  const { ports } = engine;
  if (readiness?.command !== undefined) return commandProbe(engine, row, readiness.command);
  if (readiness?.log !== undefined) return logProbe(engine, id, readiness.log);
  if (ports === undefined || readiness === null) return undefined;
  const { port, http } = readiness;
  if (port !== undefined) {
    return async (signal) => ((await ports.listens(id, port, signal)) ? undefined : `nothing listens on port ${port}`);
  }
  if (http === undefined) return undefined;
  const wanted = { path: http.path ?? "/", status: http.status };
  return async (signal) => {
    const address = await ports.reach(id, http.port, signal);
    if (address === undefined) return `port ${http.port} cannot be reached in the network "${row.network}"`;
    return httpLook(address, wanted, signal);
  };
}

type Wanted = { readonly path: string; readonly status: number | undefined };

async function httpLook(
  address: PortAddress,
  { path, status }: Wanted,
  signal: AbortSignal,
): Promise<string | undefined> {
  const seen = await statusOf(address, path, deadlineSignal(ANSWER_MS, signal));
  if (typeof seen === "string") return `GET ${path} got no answer (${seen})`;
  if (status === undefined ? seen >= 200 && seen < 400 : seen === status) return undefined;
  return `GET ${path} answered ${seen}${status === undefined ? "" : `, not ${status}`}`;
}

function statusOf({ host, port }: PortAddress, path: string, signal: AbortSignal): Promise<number | string> {
  return new Promise((resolve) => {
    const sent = request({ host, port, path, agent: false, signal }, (response) => {
      resolve(response.statusCode ?? 0);
      response.destroy();
    });
    sent.on("error", (error) => resolve("code" in error ? String(error.code) : error.message));
    sent.end();
  });
}

function logProbe(engine: Engine, id: string, source: string): Probe {
  const searching = textSearch(source);
  return async (signal) => {
    const search = await searching;
    const chunks = await engine.lastOutput(id, signal);
    for (const stream of ["stdout", "stderr"] as const) {
      const text = Buffer.concat(chunks.filter((chunk) => chunk.stream === stream).map(({ data }) => data)).toString();
      const lines = text.slice(-LOG_CHARACTERS).split("\n");
      if (lines.some((line) => search(line.slice(0, LINE_CHARACTERS).replace(/\r$/, "")) !== undefined))
        return undefined;
    }
    return `no line of its output matches ${JSON.stringify(source)}`;
  };
}

function commandProbe(engine: Engine, row: SandboxRow, command: readonly string[]): Probe {
  return async (signal) => {
    const run = await engine.exec(row.id, { command, env: row.env, cwd: WORKSPACE }, signal);
    const { exitCode, words } = await runToEnd(run, signal);
    if (exitCode === 0) return undefined;
    return `${JSON.stringify(command[0])} ended with ${exitCode ?? "no code"}${words === "" ? "" : `: ${words}`}`;
  };
}

async function runToEnd(run: EngineRun, signal: AbortSignal) {
  const kill = (): void => void run.kill().catch(() => undefined);
  signal.addEventListener("abort", kill, { once: true });
  if (signal.aborted) kill();
  try {
    let tail = Buffer.alloc(0);
    for await (const { data } of run.output) tail = Buffer.concat([tail, data]).subarray(-LINE_CHARACTERS);
    const { exitCode } = await run.exit;
    return { exitCode, words: lastWords(tail.toString()) };
  } finally {
    signal.removeEventListener("abort", kill);
  }
}
