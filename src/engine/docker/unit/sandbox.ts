import type { UnitSpec } from "../../engine.ts";
import { SANDBOX_SCRIPT } from "../run/run-scripts.ts";
import { WORKSPACE } from "./container-spec.ts";
import { createUnit, type UnitContext } from "./create-unit.ts";
import { attachUnit, startUnit } from "./start-unit.ts";

/** Creates a container that waits for runs, and returns when its shell has come up. */
export function startSandbox(context: UnitContext, spec: UnitSpec, signal?: AbortSignal): Promise<void> {
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
