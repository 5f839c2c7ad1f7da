import { MoorageError } from "../../../base/errors.ts";
import type { Call, DomainContext } from "../../context.ts";
import { findRun } from "../runs.ts";
import type { LiveRun } from "./live-run.ts";

/** The caller's run while this process watches it; CONFLICT once it has ended, or where another process does. */
export async function requireLive(call: Call, runId: string): Promise<LiveRun> {
  const row = await findRun(call, runId);
  const live = call.context.live.find(runId);
  if (live !== undefined) return live;
  if (row.status !== "running") {
    throw new MoorageError("CONFLICT", `The run "${runId}" has ended already (${row.status}).`, {
      hint: `Read what it printed with \`moorage runs logs ${runId}\`.`,
    });
  }
  if (row.holder === call.context.holders.self) {
    const message = `The run "${runId}" cannot be reached: it is starting, or its engine does not answer for its end.`;
    throw new MoorageError("CONFLICT", message, {
      hint: `Moorage goes on with it by itself; wait for its end: moorage runs wait ${runId}.`,
    });
  }
  throw new MoorageError("CONFLICT", `The run "${runId}" is watched by another process of Moorage.`, {
    hint: "Ask the one that started it; runs that many are to reach belong to a server: `moorage serve`.",
  });
}

/** SERVER_UNREACHABLE where this process ends with its caller, so that nothing can go on without it. */
export function requireResident({ resident }: DomainContext): void {
  if (resident) return;
  throw new MoorageError(
    "SERVER_UNREACHABLE",
    "A run in the background, or in a session, needs a server that stays; this command works without one.",
    {
      hint: "Start one with `moorage serve`, then repeat the command; leave out --engine, which passes a server by.",
    },
  );
}
