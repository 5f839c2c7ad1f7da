import { randomBytes } from "node:crypto";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "../../../base/ids.ts";
import type { EngineRun } from "../../engine.ts";
import { createUnitLabels } from "../../unit-labels.ts";
import { createProcessEngine } from "../process-engine.ts";
import { jobSpec, runSpec, unitSpec } from "./unit-specs.ts";

/** A Moorage as a program of its own, to be started by an ordinary user. Prints what it found as one line of JSON. */
const stateDirectory = mkdtempSync(join(tmpdir(), "moorage-process-"));
const engine = createProcessEngine({ stateDirectory, labels: createUnitLabels(newId(), randomBytes(32)) });

async function output(run: EngineRun): Promise<string> {
  let text = "";
  for await (const { data } of run.output) text += Buffer.from(data).toString();
  const { exitCode, oomKilled } = await run.exit;
  return `${text.trim()} ${exitCode}${oomKilled ? " oom" : ""}`;
}

const info = await engine.info();
const findings = await engine.diagnose();
const sandbox = unitSpec();
await engine.createSandbox(sandbox);
const inSandbox = async (script: string): Promise<string> =>
  output(await engine.exec(sandbox.id, runSpec(["sh", "-c", script])));

const workspace = join(stateDirectory, "of the host");
mkdirSync(workspace);
writeFileSync(join(workspace, "given"), "given by the host");
const host = { workspace: { type: "host", path: workspace } } as const;
const found = {
  warnings: info.warnings,
  failed: findings.filter(({ status }) => status === "failed"),
  identity: await inSandbox("id -u; id -g; grep Seccomp: /proc/self/status"),
  mapped: await output(await engine.startJob(jobSpec(["id", "-u"], { user: { uid: 1000, gid: 1000 } }))),
  host: await output(await engine.startJob(jobSpec(["sh", "-c", "cat given; echo made >made"], host))),
  processes: await inSandbox("i=0; while [ $i -lt 200 ]; do sleep 3 & i=$((i+1)); echo $i; done 2>/dev/null | tail -1"),
  memory: await output(
    await engine.startJob(
      jobSpec(["python3", "-c", "import os,time\nfor _ in range(4): os.fork()\nx = b'x'*30_000_000\ntime.sleep(9)"], {
        limits: { memoryBytes: 128 * 1024 * 1024, cpus: 1, pids: 64 },
      }),
    ),
  ),
  closed: await inSandbox("mkdir -p a/b; touch a/b/c; chmod 0 a/b a; id -u >/tmp/kept"),
  refused: await engine.createSandbox(unitSpec({ workspace: { type: "memory", sizeBytes: 1_000_000 } })).catch(String),
};
for (const { id } of await engine.list()) await engine.remove(id);
const left = (await engine.list()).length;
await engine[Symbol.asyncDispose]();
rmSync(stateDirectory, { recursive: true });
process.stdout.write(JSON.stringify({ ...found, left }));
