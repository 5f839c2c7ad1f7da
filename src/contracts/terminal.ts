import { z } from "zod";
import { MoorageError } from "../base/errors.ts";
import { SandboxExec, TerminalSize } from "./exec.ts";
import { SandboxRef } from "./primitives.ts";
import { LogSelection, RunRef, Signal } from "./run.ts";

/** Bash where the sandbox has it. */
export const SHELL = [
  "/bin/sh",
  "-c",
  "if command -v bash >/dev/null 2>&1; then exec bash; else exec sh; fi",
] satisfies readonly string[];

/** The WebSocket subprotocol of terminals. */
export const TERMINAL_PROTOCOL = "moorage.terminal.v1";

/** What a terminal in a sandbox is opened with. */
export const TerminalOpen = z.strictObject({
  id: SandboxRef,
  columns: TerminalSize.shape.columns.optional().meta({ description: "Characters in a line.", default: 80 }),
  rows: TerminalSize.shape.rows.optional().meta({ description: "Lines.", default: 24 }),
  command: SandboxExec.shape.command.meta({ description: "Program and arguments, one each; a shell otherwise." }),
  cwd: SandboxExec.shape.cwd,
  user: SandboxExec.shape.user,
  session: SandboxExec.shape.session,
});

/** What the terminal of a run is opened with. */
export const RunTerminalOpen = z.strictObject({ runId: RunRef, offset: LogSelection.offset });

const TerminalControl = z.discriminatedUnion("type", [
  z.strictObject({ type: z.literal("resize"), ...TerminalSize.shape }),
  z.strictObject({ type: z.literal("signal"), signal: Signal }),
  z.strictObject({ type: z.literal("close") }),
]);

/** What a terminal's client sends as text: a size, a signal, or the end of input. What it sends as bytes is typed. */
export type TerminalControl = z.output<typeof TerminalControl>;

/** @throws INVALID_INPUT naming what a message has to be. */
export function readTerminalControl(text: string): TerminalControl {
  const { success, data, error } = TerminalControl.safeParse(jsonOf(text));
  if (success) return data;
  const [issue] = error.issues;
  const where = issue?.path.join(".") ?? "";
  const told = `${where === "" ? "" : `${where}: `}${issue?.message ?? "not understood"}`;
  throw new MoorageError("INVALID_INPUT", `What was sent to the terminal as text: ${told}.`, {
    hint: 'Type by binary messages; text is for {"type":"resize","columns":80,"rows":24}, {"type":"signal","signal":"INT"} and {"type":"close"}.',
  });
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // No JSON is refused as what it is: a text.
    return text;
  }
}
