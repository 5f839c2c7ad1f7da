import { createUnitLabels } from "../../unit-labels.ts";
import { createProcessEngine } from "../process-engine.ts";
import { jobSpec } from "./unit-specs.ts";

/**
 * A Moorage as a program of its own, to be killed. Arguments: state directory, deployment, key in hexadecimal, id of the
 * job, control groups. Says "started" when its job has begun.
 */
const [stateDirectory = "", deployment = "", key = "", id = "", controlGroups] = process.argv.slice(2);
const engine = createProcessEngine({
  stateDirectory,
  labels: createUnitLabels(deployment, Buffer.from(key, "hex")),
  controlGroups: controlGroups === "off" ? "off" : "auto",
});
process.stdout.write("starting\n");
const script = 'setsid sh -c "trap \\"\\" TERM; while sleep 0.02; do date +%N >/workspace/beat; done" & sleep 60';
const run = await engine.startJob(jobSpec(["sh", "-c", script], { id }));
process.stdout.write("started\n");
await run.exit;
