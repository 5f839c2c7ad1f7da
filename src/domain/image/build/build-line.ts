import type { BuildEvent } from "../../../engine/engine.ts";

/** What stands of an event in the log of a build. */
export function buildLine(event: BuildEvent): string {
  switch (event.type) {
    case "step":
      return `Step ${event.step}/${event.steps} : ${event.instruction}`;
    case "cached":
      return " ---> Using cache";
    case "output":
      return event.lines.join("\n");
    case "retry":
      return `The network failed (${event.reason}); trying again in ${event.pauseMs / 1000} s.`;
  }
}
