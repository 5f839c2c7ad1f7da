import { listCommands } from "../../src/cli/commands/list-commands.ts";
import { GLOBAL_OPTIONS } from "../../src/cli/globals.ts";
import { EXAMPLES } from "../../src/cli/help/examples.ts";
import { argumentsOf, usageOf } from "../../src/cli/help/help-text.ts";
import type { CliCommand, OptionSpec } from "../../src/cli/invocation.ts";
import { code, page, table } from "./markdown.ts";

const EXIT_CODES = `Exit codes of commands that run or follow a program (\`run\`, \`agent run\`, \`sandbox exec\`, \`sandbox shell\`, \`runs attach\`): the program's own; 124 when its deadline was reached; 125 when Moorage or the engine failed; 126 and 127 as a shell has them. Of every other command: 0 when it succeeded, 1 when it failed, 2 when the input was wrong. [Errors](errors.md) lists every code.`;

const PROGRAM_NOTE = "Options end at the first word of `COMMAND`, or at `--`; what follows is passed on as it is.";
const RUNS_NOTE = `${PROGRAM_NOTE} The exit code is that of \`COMMAND\`.`;

export function cliReference(): string {
  const commands = listCommands();
  return page("Command line", [
    "Results are printed to standard output; progress, warnings and errors to standard error.",
    table(
      ["option of every command", "meaning"],
      GLOBAL_OPTIONS.map((option) => [code(optionText(option)), option.description]),
    ),
    EXIT_CODES,
    table(
      ["command", "does"],
      commands.map((command) => [`[${command.words.join(" ")}](#moorage-${command.words.join("-")})`, command.summary]),
    ),
    ...commands.flatMap(commandSections),
  ]);
}

function commandSections(command: CliCommand): readonly string[] {
  const { words, summary, options, rest, runs, notes = [] } = command;
  const name = words.join(" ");
  return [
    `## moorage ${name}`,
    summary,
    fenced([`moorage ${usageOf(command)}`]),
    table(
      ["argument", "required", "meaning"],
      argumentsOf(command).map(({ name: label, required, description }) => [
        code(label),
        required ? "yes" : "no",
        description,
      ]),
    ),
    table(
      ["option", "meaning"],
      options.map((option) => [code(optionText(option)), option.description]),
    ),
    ...(rest === undefined ? [] : [runs ? RUNS_NOTE : PROGRAM_NOTE]),
    ...notes,
    EXAMPLES[name] === undefined ? "" : `Examples:\n\n${fenced(EXAMPLES[name])}`,
  ];
}

function optionText({ flag, short, takes }: OptionSpec): string {
  return `${short === undefined ? "" : `-${short}, `}--${flag}${takes === undefined ? "" : ` <${takes}>`}`;
}

function fenced(lines: readonly string[]): string {
  return ["```sh", ...lines, "```"].join("\n");
}
