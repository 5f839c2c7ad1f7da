import { setTimeout as delay } from "node:timers/promises";

import { DEPLOYMENT_LABEL } from "../../src/engine/unit-labels.ts";
import { engineJson, type EngineAddress } from "./engine-http.ts";
import { listProcesses } from "./processes.ts";

/** One thing that tests can leave behind, as a line for the reader; equal lines are the same thing. */
export type Trace = string;

export interface TraceSources {
  /** Undefined: only processes are looked at. */
  engine: EngineAddress | undefined;
  /** Processes whose command names this directory are ours. */
  root: string;
  signal: AbortSignal;
}

const ANSWER_MS = 30_000;
const POLL_MS = 250;
const TEST_IMAGES = encodeURIComponent(JSON.stringify({ reference: ["moorage-test/*"] }));

/** Every labelled thing on the engine, and every process of ours, as of now. */
export async function findTraces({ engine, root, signal }: TraceSources): Promise<Set<Trace>> {
  const processes = await listProcesses();
  const traces = new Set<Trace>();
  for (const { pid, command } of processes) {
    if (pid !== process.pid && isOurs(command, root)) traces.add(`process ${pid}: ${command.slice(0, 160)}`);
  }
  if (engine === undefined) return traces;
  for (const trace of await engineTraces(engine, signal)) traces.add(trace);
  return traces;
}

/** What is there now and was not there before, after the time that an orderly end may take. */
export async function findLeaks(before: Set<Trace>, sources: TraceSources, graceMs: number): Promise<Trace[]> {
  const deadline = performance.now() + graceMs;
  for (;;) {
    const leaks = [...(await findTraces(sources))].filter((trace) => !before.has(trace));
    if (leaks.length === 0 || performance.now() > deadline) return leaks;
    await delay(POLL_MS, undefined, { signal: sources.signal });
  }
}

/** Sandboxes of the process engine, engines started by tests, and programs of this clone, its tools left out. */
export function isOurs(command: string, root: string): boolean {
  const [program = "", ...args] = command.split(" ");
  const name = program.slice(program.lastIndexOf("/") + 1);
  if (name === "bwrap" || name === "dockerd") return true;
  if (!name.startsWith("node")) return false;
  return args.some(
    (arg) => arg.endsWith("bin/moorage") || (arg.startsWith(`${root}/`) && !arg.includes("/node_modules/")),
  );
}

async function engineTraces(engine: EngineAddress, signal: AbortSignal): Promise<Trace[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [DEPLOYMENT_LABEL] }));
  const ask = (path: string) =>
    engineJson(engine, { method: "GET", path, signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]) });
  const containers = await ask(`/containers/json?all=true&filters=${filters}`);
  const networks = await ask(`/networks?filters=${filters}`);
  const volumes = await ask(`/volumes?filters=${filters}`);
  const snapshots = await ask(`/images/json?filters=${filters}`);
  const testImages = await ask(`/images/json?filters=${TEST_IMAGES}`);
  return [
    ...[...namesOf(snapshots, "Id"), ...namesOf(testImages, "Id")].map((id) => `image ${id.slice(7, 19)}`),
    ...namesOf(containers, "Id").map((id) => `container ${id.slice(0, 12)}`),
    ...namesOf(networks, "Name").map((name) => `network ${name}`),
    ...namesOf(isRecord(volumes) ? volumes["Volumes"] : [], "Name").map((name) => `volume ${name}`),
  ];
}

function namesOf(list: unknown, key: string): string[] {
  if (!Array.isArray(list)) return [];
  return list.flatMap((item: unknown) => (isRecord(item) && typeof item[key] === "string" ? [item[key]] : []));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
