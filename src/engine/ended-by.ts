import { constants } from "node:os";
import type { RunSignal } from "./engine.ts";

type End = { readonly exitCode: number | null; readonly sent: ReadonlySet<RunSignal>; readonly oomKilled: boolean };

/** The signal that ended a program, as far as that is known: an exit code above 128 may also be the program's own. */
export function endedBy({ exitCode, sent, oomKilled }: End): string | null {
  const codeOf = (name: RunSignal): number => 128 + constants.signals[`SIG${name}`];
  if (oomKilled && exitCode === codeOf("KILL")) return "SIGKILL";
  const name = [...sent].find((each) => codeOf(each) === exitCode);
  return name === undefined ? null : `SIG${name}`;
}
