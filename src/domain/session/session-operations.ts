import { MoorageError } from "../../base/errors.ts";
import type { Call } from "../context.ts";
import { endingRuns } from "../run/ending-runs.ts";
import { findSandbox } from "../sandbox/sandboxes.ts";
import type { SessionView } from "./shell-session.ts";

export async function listSessions(call: Call, ref: string): Promise<SessionView[]> {
  const { id } = await findSandbox(call, ref);
  return (await call.context.sessions.of(id)).map((session) => session.view());
}

type Named = { readonly id: string; readonly name: string };

export async function removeSession(
  call: Call,
  { id: ref, name }: Named,
): Promise<{ readonly name: string; readonly removed: true }> {
  const { id } = await findSandbox(call, ref);
  const session = (await call.context.sessions.of(id)).find((candidate) => candidate.name === name);
  if (session === undefined) {
    throw new MoorageError("NOT_FOUND", `The sandbox "${ref}" has no session "${name}".`, {
      hint: `List them with \`moorage session ls ${ref}\`.`,
    });
  }
  const { runId } = session.view();
  const reason = `The session "${name}" was ended by "${call.principal.owner}".`;
  await endingRuns(call.context, { chosen: (run) => run.id === runId, reason }, () => session.end());
  return { name, removed: true };
}
