import { MoorageError } from "../../base/errors.ts";
import type { SandboxExec } from "../../contracts/types.ts";
import type { EngineRun } from "../../engine/engine.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { DomainContext } from "../context.ts";
import { tellingOthers } from "../run/ending-runs.ts";
import { WORKSPACE } from "../sandbox/sandbox-view.ts";
import { quotedWords, SESSION_SHELL } from "./session-script.ts";
import type { ShellSession } from "./shell-session.ts";

/** The shell reads it a byte at a time, and hands it on as one argument. */
const MAX_TEXT_BYTES = 64 * 1024;

/** A command on its way into a session. */
export type SessionCommand = {
  readonly start: (runId: string, signal: AbortSignal) => Promise<EngineRun>;
  /** After its deadline: what was ended, and what goes on. */
  readonly extent: () => string;
  /** What is to be told after it has ended. */
  readonly warnings: () => readonly string[];
};

type Wanted = { readonly name: string; readonly sandbox: SandboxRow; readonly text: string };

export function sessionCommand(context: DomainContext, { name, sandbox, text }: Wanted): SessionCommand {
  let session: ShellSession | undefined;
  const bytes = Buffer.byteLength(text);
  if (bytes > MAX_TEXT_BYTES) {
    throw new MoorageError(
      "INVALID_INPUT",
      `sandbox.exec: a session takes commands of at most 64 KiB (got ${bytes} bytes).`,
      {
        hint: "Write it to a file of the sandbox, and run that.",
      },
    );
  }
  return {
    start: async (runId, signal) => {
      const aroundStop = tellingOthers(context, { id: runId, sandboxId: sandbox.id });
      const shell = { command: SESSION_SHELL, env: sandbox.env, cwd: WORKSPACE, aroundStop };
      session = await context.sessions.open({ sandboxId: sandbox.id, name }, (stdin) =>
        context.engine.exec(sandbox.id, { ...shell, stdin }, signal),
      );
      return session.run(runId, text);
    },
    extent: () =>
      session?.over === true
        ? `the session "${name}" was ended with all that ran in it`
        : `the command was interrupted, and the session "${name}" goes on`,
    warnings: () =>
      session?.over === true ? [`The session "${name}" ended with this command; what it kept is gone.`] : [],
  };
}

const FIXED = ["env", "cwd", "user", "tty", "stdin", "interactive"] as const;

/** INVALID_INPUT for what a session's shell has already settled for all of its commands. */
export function refuseFixed(input: SandboxExec): void {
  const given = FIXED.filter((name) => input[name] !== undefined);
  if (given.length === 0) return;
  throw new MoorageError("INVALID_INPUT", `sandbox.exec: expected a session's command without ${given.join(", ")}.`, {
    hint: "Use cd and export in the session; what it reads is at its end from the start.",
    details: { issues: given.map((path) => ({ path, message: "expected none for a command of a session" })) },
  });
}

/** As the session's shell reads it: words that are themselves, or a line of shell. */
export function sessionText({ shell, code }: SandboxExec, command: readonly string[]): string {
  return shell === true && code === undefined ? command.join(" ") : quotedWords(command);
}
