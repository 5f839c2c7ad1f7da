import { posix } from "node:path";
import { MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { RunEvent, SandboxExec } from "../../contracts/types.ts";
import type { LostRun } from "../../engine/engine.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import type { FileCall } from "../file/file-call.ts";
import { writeFile } from "../file/files.ts";
import { openEgress } from "../network/egress.ts";
import { resolveLimits } from "../profiles.ts";
import { awake, touch } from "../sandbox/awake.ts";
import { WORKSPACE } from "../sandbox/sandbox-view.ts";
import { reachSandbox } from "../sandbox/sandboxes.ts";
import { refuseFixed, sessionCommand, sessionText, type SessionCommand } from "../session/session-command.ts";
import { tellingOthers } from "./ending-runs.ts";
import { interpreterCommand } from "./interpreters.ts";
import { conductRun } from "./run-conductor.ts";
import type { FoundEnd, RunPlan } from "./run-plan.ts";
import { requireResident } from "./live/require-live.ts";
import { stdinOf } from "./stdin.ts";
import { noteUnitStopped, UNIT_STOPPED } from "./unit-stopped.ts";

export async function* execInSandbox(call: Call, input: SandboxExec): AsyncGenerator<RunEvent, void, undefined> {
  const background = input.background === true;
  if (background || input.session !== undefined) requireResident(call.context);
  const { row, ...reached } = await reachSandbox(call, input.id);
  yield* conductRun(reached, (_tell, signal) => plan({ ...reached, signal, row }, input), { background });
}

type Reached = Call & { readonly row: SandboxRow };

async function plan({ context, signal, row: sandbox }: Reached, input: SandboxExec): Promise<RunPlan> {
  refuseOtherUser(sandbox, input.user);
  const limits = runLimits(context, sandbox, input);
  const command = await commandOf({ context, sandbox, signal }, input);
  const stdin = stdinOf(input);
  const session = inSession(context, sandbox, { input, command });
  const runId = newId();
  const aroundStop = tellingOthers(context, { id: runId, sandboxId: sandbox.id });
  return {
    kind: "exec",
    runId,
    sandboxId: sandbox.id,
    agentId: null,
    command,
    image: sandbox.image,
    imageDigest: sandbox.imageDigest,
    profile: sandbox.profile,
    limits,
    network: sandbox.network,
    runtime: sandbox.runtime,
    workspacePath: null,
    workspaceHandedOver: false,
    workspaceBefore: null,
    stdin: stdin.feed,
    // Once the run is open in the registry, so that nobody takes the sandbox for an idle one.
    start: async (starting, onHandle) => {
      await awake(context, { id: sandbox.id, wanted: "run", signal: starting });
      await openEgress(context, { ...sandbox, kind: "sandbox" }, starting);
      if (session !== undefined) return session.start(runId, starting);
      return context.engine.exec(
        sandbox.id,
        {
          command,
          env: { ...sandbox.env, ...input.env },
          cwd: posix.resolve(WORKSPACE, input.cwd ?? "."),
          ...{ aroundStop, onHandle },
          ...(stdin.source === undefined ? {} : { stdin: stdin.source }),
          ...(input.user === undefined ? {} : { user: input.user }),
          ...(input.tty === undefined ? {} : { tty: input.tty }),
        },
        starting,
      );
    },
    endUnseen: (handle) => endUnseen(context, sandbox.id, { handle, aroundStop }),
    extent: (unitStopped) => session?.extent() ?? extentOf(sandbox, unitStopped),
    finish: async (unitStopped) => {
      const { workspaceAfter, warnings } = await afterRun(context, sandbox, unitStopped);
      return { workspaceAfter, warnings: [...(session?.warnings() ?? []), ...warnings] };
    },
    dispose: () => Promise.resolve(),
  };
}

async function endUnseen({ engine }: DomainContext, sandboxId: string, run: LostRun): Promise<FoundEnd> {
  const lived = await engine.endLost(sandboxId, run);
  const unit = lived ? await engine.inspect(sandboxId) : undefined;
  return { lived, unitStopped: unit?.state === "exited" };
}

function extentOf({ id, name }: SandboxRow, unitStopped: boolean): string {
  const sandbox = `sandbox ${name ?? id}`;
  if (unitStopped) return `its process tree could not be ended by itself, so ${sandbox} was stopped`;
  return `its whole process tree was ended, and ${sandbox} goes on`;
}

/** What people or nobody watch is there to stay, so only the maximum ends it where nothing was asked for. */
function runLimits({ policy }: DomainContext, { limits, profile }: SandboxRow, input: SandboxExec) {
  const stays = input.background === true || input.tty !== undefined;
  const byDefault = stays ? policy.maxima.timeoutMs : (limits.timeoutMs ?? undefined);
  return resolveLimits(profile, { ...limits, timeoutMs: input.timeoutMs ?? byDefault }, policy.maxima);
}

/** What another user, root above all, left in a directory of the host would stay there with that owner. */
function refuseOtherUser({ id, name, directory }: SandboxRow, asked: string | undefined): void {
  if (asked === undefined || directory === null || directory.user === null) return;
  const { uid, gid } = directory.user;
  if (asked === String(uid) || asked === `${uid}:${gid}`) return;
  const message = `Sandbox "${name ?? id}" works in a directory of the host as ${uid}:${gid}; no run of it has another user (got ${JSON.stringify(asked)}).`;
  throw new MoorageError("INVALID_INPUT", message, {
    hint: "Leave --user out; packages come with --dependency, or from an image that has them.",
  });
}

type Wanted = { readonly input: SandboxExec; readonly command: readonly string[] };

function inSession(
  context: DomainContext,
  sandbox: SandboxRow,
  { input, command }: Wanted,
): SessionCommand | undefined {
  if (input.session === undefined) return undefined;
  refuseFixed(input);
  return sessionCommand(context, { name: input.session, sandbox, text: sessionText(input, command) });
}

async function commandOf(call: FileCall, input: SandboxExec): Promise<readonly string[]> {
  if (input.code !== undefined) {
    const command = interpreterCommand(input.code);
    await awake(call.context, { id: call.sandbox.id, wanted: "files", signal: call.signal });
    await writeFile(call, { path: input.code.filename, content: input.code.content });
    // A session may stand in another directory.
    return input.session === undefined ? command : [...command.slice(0, -1), `${WORKSPACE}/${input.code.filename}`];
  }
  if (input.command !== undefined) {
    return input.shell === true && input.session === undefined
      ? ["/bin/sh", "-c", input.command.join(" ")]
      : input.command;
  }
  throw new MoorageError("INVALID_INPUT", "sandbox.exec: expected either a command or a code block.");
}

async function afterRun(context: DomainContext, { id }: SandboxRow, unitStopped: boolean) {
  const sandbox = await context.store.sandboxes.get(id);
  if (sandbox !== undefined) await touch(context, sandbox);
  if (!unitStopped) return { workspaceAfter: null, warnings: [] };
  await noteUnitStopped(context, id);
  return { workspaceAfter: null, warnings: [UNIT_STOPPED] };
}
