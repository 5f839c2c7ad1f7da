/**
 * Measures Moorage side by side with the plain Engine API; prints medians, ratios, and what of the aims holds, and
 * writes all of it to `bench/results.json`. Arguments: names of cases; all of them without any.
 */
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createLogger, locations, openLocalPlatform, readConfiguration } from "../src/main/server.ts";
import type { BenchCase } from "./cases/bench.ts";
import { builds } from "./cases/builds.ts";
import { command } from "./cases/command.ts";
import { events } from "./cases/events.ts";
import { files } from "./cases/files.ts";
import { http } from "./cases/http.ts";
import { jobs } from "./cases/jobs.ts";
import { load } from "./cases/load.ts";
import { output } from "./cases/output.ts";
import { pool } from "./cases/pool.ts";
import { registry } from "./cases/registry.ts";
import { runs } from "./cases/runs.ts";
import type { Line } from "./compare.ts";
import { startServer } from "./server.ts";

const CASES: readonly BenchCase[] = [runs, jobs, command, pool, files, output, builds, registry, http, events, load];

const RESULTS = new URL("results.json", import.meta.url);

const names = process.argv.slice(2);
const unknown = names.find((name) => !CASES.some((each) => each.name === name));
if (unknown !== undefined) {
  throw new Error(`There is no case ${unknown}; expected some of ${CASES.map(({ name }) => name).join(", ")}.`);
}

const home = await mkdtemp(join(tmpdir(), "moorage-bench-"));
try {
  const environment = { ...process.env, MOORAGE_HOME: join(home, "embedded") };
  await using server = await startServer(join(home, "server"));
  await using embedded = await openLocalPlatform({
    configuration: await readConfiguration(environment),
    locations: locations(environment),
    engine: "process",
    needsImages: false,
    logger: createLogger("silent"),
    workspaceDirectory: undefined,
    environment: process.env,
  });
  const lines: Line[] = [];
  for (const { name, run } of CASES) {
    if (names.length > 0 && !names.includes(name)) continue;
    lines.push(...(await run({ server, home, embedded })));
  }
  for (const { what, contenders, ratio, goals } of lines) {
    const told = contenders.map((one) => `${one.name} ${one.p50.toFixed(1)} (p90 ${one.p90.toFixed(1)})`);
    const aims = goals.map(({ goal, held }) => `; ${goal}: ${held ? "held" : "missed"}`);
    console.log(`${what}: ${told.join(", ")}; ratio ${ratio.toFixed(2)}${aims.join("")}`);
  }
  await writeFile(RESULTS, `${JSON.stringify(lines, undefined, 2)}\n`);
} finally {
  await rm(home, { recursive: true, force: true });
}
