import { CommanderError } from "commander";
import type { MoorageError } from "../base/errors.ts";
import type { CliCommand, Given } from "./invocation.ts";
import type { TableLayout } from "./output/table.ts";
import { buildProgram, givenOptions, type Chosen } from "./program.ts";
import { usageError } from "./usage-error.ts";

export type ParsedArgv =
  | { readonly kind: "command"; readonly command: CliCommand; readonly given: Given }
  /** `complete` is false where a command is missing after its group. */
  | { readonly kind: "help"; readonly text: string; readonly complete: boolean; readonly error: MoorageError }
  | { readonly kind: "wrong"; readonly error: MoorageError; readonly command?: CliCommand };

/** What the arguments ask for. */
export function parseArgv(argv: readonly string[], commands: readonly CliCommand[], layout: TableLayout): ParsedArgv {
  let help = "";
  let chosen: Chosen | undefined;
  let wrong: ParsedArgv | undefined;
  const words = withHelpWord(argv, commands);
  const program = buildProgram(commands, words, {
    layout,
    onHelp: (text) => {
      help += text;
    },
    onChosen: (choice) => {
      chosen = choice;
    },
    onExit: (failure, at, command) => {
      const error = usageError(failure, { at, commands, ...(command === undefined ? {} : { command }) });
      const complete = failure.code === "commander.helpDisplayed" || at.parent === null;
      if (help !== "") wrong = { kind: "help", text: help, complete, error };
      else wrong = { kind: "wrong", error, ...(command === undefined ? {} : { command }) };
      throw failure;
    },
  });
  try {
    program.parse(words, { from: "user" });
  } catch (failure) {
    if (!(failure instanceof CommanderError)) throw failure;
  }
  if (wrong !== undefined) return wrong;
  if (chosen === undefined) throw new TypeError("The arguments name no command.");
  return { kind: "command", command: chosen.command, given: given(chosen) };
}

function given({ command, chain, words }: Chosen): Given {
  const count = command.rest === undefined ? words.length : command.positionals.length;
  return { options: givenOptions(chain), positionals: words.slice(0, count), rest: words.slice(count) };
}

/** `moorage help run` is `moorage run --help`, and so is `moorage sandbox help` for a group. */
function withHelpWord(argv: readonly string[], commands: readonly CliCommand[]): string[] {
  const [first, second, ...more] = argv;
  if (first === "help") return [...argv.slice(1), "--help"];
  const isGroup = commands.some(({ words }) => words.length > 1 && words[0] === first);
  return isGroup && first !== undefined && second === "help" ? [first, ...more, "--help"] : [...argv];
}
