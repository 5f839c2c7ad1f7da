import { randomBytes } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toWireError } from "../../../base/errors.ts";
import { newId } from "../../../base/ids.ts";
import { createUnitLabels } from "../../unit-labels.ts";
import { createProcessEngine } from "../process-engine.ts";
import { jobSpec } from "./unit-specs.ts";

/** A Moorage as a program of its own, to be started where no user namespace can be made. Prints what it is told. */
const stateDirectory = mkdtempSync(join(tmpdir(), "moorage-process-"));
const engine = createProcessEngine({ stateDirectory, labels: createUnitLabels(newId(), randomBytes(32)) });
const refused = (error: unknown): unknown => toWireError(error);
const found = {
  info: await engine.info().catch(refused),
  job: await engine.startJob(jobSpec(["true"])).catch(refused),
  findings: await engine.diagnose(),
  left: await engine.list(),
};
await engine[Symbol.asyncDispose]();
rmSync(stateDirectory, { recursive: true });
process.stdout.write(JSON.stringify(found));
