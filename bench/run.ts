/** Measures Moorage side by side with the plain Engine API; prints medians and ratios, and one line of JSON at the end. */
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { RunEvent } from "../src/contracts/types.ts";
import { createLogger, locations, openLocalPlatform, readConfiguration } from "../src/main/server.ts";
import { compare, type Line } from "./compare.ts";
import { plainExec, plainJob, plainSandbox } from "./plain-docker.ts";

const IMAGE = "busybox:latest";
const ROUNDS = 20;

async function drain(events: AsyncIterable<RunEvent>): Promise<void> {
  for await (const event of events)
    if (event.type === "result" && event.result.exitCode !== 0) throw new Error("failed");
}

const home = await mkdtemp(join(tmpdir(), "moorage-bench-"));
try {
  const environment = { ...process.env, MOORAGE_HOME: home };
  const open = async (engine: "docker" | "process") =>
    openLocalPlatform({
      configuration: await readConfiguration(environment),
      locations: locations(environment),
      engine,
      needsImages: false,
      logger: createLogger("silent"),
      workspaceDirectory: undefined,
      programPath: undefined,
    });
  await using docker = await open("docker");
  await using embedded = await open("process");
  await using plain = await plainSandbox(IMAGE);
  const sandbox = await docker.sandbox.create({ image: IMAGE });
  const job = { name: "moorage run", run: () => drain(docker.job.run({ image: IMAGE, command: ["true"] })) };
  const plainRun = { name: "plain API", run: () => plainJob(IMAGE, ["true"]) };
  const exec = { name: "sandbox exec", run: () => drain(docker.sandbox.exec({ id: sandbox.id, command: ["true"] })) };
  const lines: Line[] = [
    await compare("a job, created to removed", [job, plainRun], ROUNDS),
    await compare(
      "a run in a live sandbox",
      [exec, { name: "plain API", run: () => plainExec(plain.id, ["true"]) }],
      ROUNDS,
    ),
    await compare(
      "a job on the process engine",
      [{ name: "process engine", run: () => drain(embedded.job.run({ command: ["true"] })) }, plainRun],
      ROUNDS,
    ),
  ];
  await docker.sandbox.remove({ id: sandbox.id });
  for (const { what, contenders, ratio } of lines) {
    const told = contenders.map(({ name, p50, p90 }) => `${name} ${p50.toFixed(1)} ms (p90 ${p90.toFixed(1)})`);
    console.log(`${what}: ${told.join(", ")}; ratio ${ratio.toFixed(2)}`);
  }
  console.log(JSON.stringify(lines));
} finally {
  await rm(home, { recursive: true, force: true });
}
