import { isMoorageError, type MoorageError } from "../../base/errors.ts";
import type { Finding } from "../../contracts/types.ts";
import type { Call } from "../context.ts";
import { failed, notChecked, ok } from "./finding.ts";
import type { Host } from "./host.ts";
import { checkImage } from "./image.ts";
import { lookInside } from "./sandbox.ts";

/** Why the engine cannot be used at all, or undefined. */
export async function engineProblem({ context, signal }: Call): Promise<MoorageError | undefined> {
  try {
    await context.engine.info(signal);
    return undefined;
  } catch (error) {
    if (!isMoorageError(error) || signal?.aborted === true) throw error;
    return error;
  }
}

/** The five checks before a first run, always these, in this order. */
export async function preflight(call: Call, host: Host): Promise<readonly Finding[]> {
  const problem = await engineProblem(call);
  if (problem !== undefined) return withoutEngine(problem);
  const { name } = call.context.engine;
  const engine = [
    ok("engine.installed", `The ${name} engine is installed.`),
    ok("engine.answers", `The ${name} engine answers.`),
    ok("engine.permission", "This user may use it."),
  ];
  const image = await checkImage(call);
  if (image.status === "failed")
    return [...engine, image, notChecked("sandbox", "there is no image", "Mend `image` first.")];
  return [...engine, image, await sandboxWithLimits(call, host)];
}

const ENGINE_CHECKS = ["engine.installed", "engine.answers", "engine.permission"] as const;

function withoutEngine(problem: MoorageError): readonly Finding[] {
  const culprit = culpritOf(problem);
  const at = ENGINE_CHECKS.indexOf(culprit);
  const skipped = (check: string): Finding => notChecked(check, `\`${culprit}\` failed`, `Mend \`${culprit}\` first.`);
  const engine = ENGINE_CHECKS.map((check, index) => {
    if (check === culprit) return failed(check, problem.message, problem.hint);
    // Of an engine that this user may not ask, nobody knows whether it would answer.
    if (index < at && check === "engine.installed") return ok(check, "The engine is installed.");
    return skipped(check);
  });
  return [...engine, skipped("image"), skipped("sandbox")];
}

function culpritOf({ code }: MoorageError): (typeof ENGINE_CHECKS)[number] {
  if (code === "ENGINE_NOT_INSTALLED") return "engine.installed";
  return code === "ENGINE_PERMISSION" ? "engine.permission" : "engine.answers";
}

async function sandboxWithLimits(call: Call, host: Host): Promise<Finding> {
  const { findings } = await lookInside(call, host);
  const broken = findings.filter(({ status }) => status !== "ok");
  const worst = broken.find(({ status }) => status === "failed") ?? broken[0];
  const ran = findings[0]?.message ?? "";
  if (worst === undefined) return ok("sandbox", `${ran} Its limits are in force.`);
  const message = broken.map((each) => each.message).join(" ");
  return { check: "sandbox", status: worst.status, message, fix: worst.fix };
}
