import type { UnitSpec } from "../../engine.ts";
import { SANDBOX_SCRIPT } from "../run/run-scripts.ts";
import { WORKSPACE } from "./container-spec.ts";
import { createUnit, type UnitContext } from "./create-unit.ts";
import { attachUnit, startUnit } from "./start-unit.ts";

/** Creates a container that waits for runs, and returns when its shell has come up; or one of the image's own program. */
export function startSandbox(context: UnitContext, spec: UnitSpec, signal?: AbortSignal): Promise<void> {
  if (spec.main !== undefined) return startOwnProgram(context, spec, signal);
  const main = { script: [SANDBOX_SCRIPT], stdin: false };
  return createUnit(context, { spec, main, signal }, async (containerId) => {
    const attached = await attachUnit(context.api, containerId, main.stdin);
    try {
      await startUnit(context.api, attached, WORKSPACE);
    } finally {
      await attached.output.close();
    }
  });
}

function startOwnProgram(context: UnitContext, spec: UnitSpec, signal?: AbortSignal): Promise<void> {
  return createUnit(context, { spec, main: { stdin: false }, signal }, (containerId) =>
    context.api.send({ method: "POST", path: `/containers/${containerId}/start` }),
  );
}
