import { randomBytes } from "node:crypto";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { newId } from "../../../base/ids.ts";
import { createUnitLabels } from "../../unit-labels.ts";
import { inheritedDescriptors } from "../host/inherited-descriptors.ts";
import { createProcessEngine } from "../process-engine.ts";
import { runSpec, unitSpec } from "./unit-specs.ts";

/** A Moorage as a program of its own, which is started with a descriptor more. Prints what its sandbox's program found. */
const stateDirectory = mkdtempSync(join(tmpdir(), "moorage-process-"));
const engine = createProcessEngine({ stateDirectory, labels: createUnitLabels(newId(), randomBytes(32)) });
const spec = unitSpec();
const inherited = await inheritedDescriptors();
await engine.createSandbox(spec);
const script = 'for fd in /proc/$$/fd/*; do echo "${fd##*/} $(readlink "$fd")"; done';
const run = await engine.exec(spec.id, runSpec(["sh", "-c", script]));
let found = "";
for await (const { data } of run.output) found += Buffer.from(data).toString();
await run.exit;
await engine.remove(spec.id);
await engine[Symbol.asyncDispose]();
await rm(stateDirectory, { recursive: true });
process.stdout.write(JSON.stringify({ inherited, found }));
