import { posix } from "node:path";
import { isoTime } from "../../base/clock.ts";
import { MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { RunEvent, SandboxExec } from "../../contracts/types.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { writeFile, type FileCall } from "../file/files.ts";
import { resolveLimits } from "../profiles.ts";
import { WORKSPACE } from "../sandbox/sandbox-view.ts";
import { findSandbox, requireEngine } from "../sandbox/sandboxes.ts";
import { interpreterCommand } from "./interpreters.ts";
import { conductRun } from "./run-conductor.ts";
import type { RunPlan } from "./run-plan.ts";
import { stdinOf } from "./stdin.ts";

export function execInSandbox(call: Call, input: SandboxExec): AsyncIterable<RunEvent> {
  return conductRun(call, (_tell, signal) => plan({ ...call, signal }, input));
}

async function plan(call: Call, input: SandboxExec): Promise<RunPlan> {
  const { context, signal } = call;
  const sandbox = await findSandbox(call, input.id);
  requireEngine(context, sandbox);
  const limits = runLimits(context, sandbox, input.timeoutMs);
  const command = await commandOf({ context, sandbox, signal }, input);
  const stdin = stdinOf(input);
  return {
    kind: "exec",
    runId: newId(),
    sandboxId: sandbox.id,
    agentId: null,
    command,
    image: sandbox.image,
    imageDigest: sandbox.imageDigest,
    profile: sandbox.profile,
    limits,
    network: sandbox.network,
    workspacePath: null,
    workspaceHandedOver: false,
    workspaceBefore: null,
    start: (starting) =>
      context.engine.exec(
        sandbox.id,
        {
          command,
          env: { ...sandbox.env, ...input.env },
          cwd: posix.resolve(WORKSPACE, input.cwd ?? "."),
          ...(stdin === undefined ? {} : { stdin }),
        },
        starting,
      ),
    finish: (unitStopped) => afterRun(context, sandbox, unitStopped),
    dispose: () => Promise.resolve(),
  };
}

function runLimits(context: DomainContext, sandbox: SandboxRow, timeoutMs: number | undefined) {
  const wanted = { ...sandbox.limits, timeoutMs: timeoutMs ?? sandbox.limits.timeoutMs ?? undefined };
  return resolveLimits(sandbox.profile, wanted, context.policy.maxima);
}

async function commandOf(call: FileCall, input: SandboxExec): Promise<readonly string[]> {
  if (input.code !== undefined) {
    const command = interpreterCommand(input.code);
    await writeFile(call, { path: input.code.filename, content: input.code.content });
    return command;
  }
  if (input.command !== undefined) return input.command;
  throw new MoorageError("INVALID_INPUT", "sandbox.exec: expected either a command or a code block.");
}

async function afterRun({ store, clock }: DomainContext, sandbox: SandboxRow, unitStopped: boolean) {
  const lastActiveAt = isoTime(clock.now());
  if (!unitStopped) {
    await store.sandboxes.update(sandbox.id, { lastActiveAt });
    return { workspaceAfter: null, warnings: [] };
  }
  const reason = "A run could not be ended by itself, so the sandbox was stopped.";
  await store.sandboxes.update(sandbox.id, { lastActiveAt, state: "stopped", reason });
  return { workspaceAfter: null, warnings: [reason] };
}
