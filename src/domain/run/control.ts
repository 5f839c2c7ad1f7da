import type { Run, RunInput, RunInputTaken } from "../../contracts/types.ts";
import { MoorageError } from "../../base/errors.ts";
import type { RunSignal, TerminalSize } from "../../engine/engine.ts";
import type { Call } from "../context.ts";
import { decodeContent } from "../file/files.ts";
import { requireLive, requireResident } from "./live/require-live.ts";
import { endOf } from "./log/follow-log.ts";
import { runView } from "./run-views.ts";
import { findRun } from "./runs.ts";

type RunSignaling = { readonly runId: string; readonly signal: string };
type RunSizing = { readonly runId: string } & TerminalSize;

/** Sends input to a run; it waits while the program does not read, up to a bound. */
export async function sendInput(call: Call, input: RunInput): Promise<RunInputTaken> {
  const { runId, data, encoding, offset, close = false } = input;
  const bytes = decodeContent(data, encoding);
  const { stdin } = await requireLive(call, runId);
  if (stdin === undefined) {
    throw new MoorageError("CONFLICT", `The run "${runId}" takes no input: it was not started with \`interactive\`.`, {
      hint: "Start it with --stdin, or give what it reads to `stdin` at once.",
    });
  }
  return { runId, ...(await stdin.accept({ offset, data: bytes, close, signal: call.signal })) };
}

export async function signalRun(call: Call, { runId, signal }: RunSignaling): Promise<RunSignaling> {
  const { engineRun } = await requireLive(call, runId);
  await engineRun.signal(signal.replace(/^SIG/, "") as RunSignal);
  return { runId, signal };
}

export async function resizeRun(call: Call, { runId, columns, rows }: RunSizing): Promise<RunSizing> {
  const { engineRun } = await requireLive(call, runId);
  if (engineRun.resize === undefined) {
    throw new MoorageError("CONFLICT", `The run "${runId}" has no terminal.`, {
      hint: "Start it with one: `moorage sandbox exec --tty`.",
    });
  }
  await engineRun.resize({ columns, rows });
  return { runId, columns, rows };
}

/** Ends a run, and answers when its end is recorded. */
export async function killRun(call: Call, runId: string): Promise<Run> {
  const { life } = await requireLive(call, runId);
  life.kill(`The run was ended by "${call.principal.owner}".`);
  return runView(await endOf(call, runId));
}

/** Lets a run go on when its caller leaves. */
export async function detachRun(call: Call, runId: string): Promise<Run> {
  const { life } = await requireLive(call, runId);
  requireResident(call.context);
  life.detach();
  return runView(await findRun(call, runId));
}
