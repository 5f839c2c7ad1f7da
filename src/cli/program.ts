import { Command, Option, type CommanderError } from "commander";
import { GLOBAL_OPTIONS } from "./globals.ts";
import { commandHelp, groupHelp, programHelp } from "./help/help-text.ts";
import type { CliCommand, OptionSpec } from "./invocation.ts";
import type { TableLayout } from "./output/table.ts";
import { ProgramCommand } from "./program-command.ts";

/** Which command the arguments name, and the commander commands whose options they set, outermost first. */
export type Chosen = {
  readonly command: CliCommand;
  readonly chain: readonly Command[];
  readonly words: readonly string[];
};

export type ProgramHooks = {
  readonly layout: TableLayout;
  readonly onHelp: (text: string) => void;
  /** Ends parsing: help was printed, or the arguments are wrong. `command` is absent outside of a command. */
  readonly onExit: (error: CommanderError, at: Command, command?: CliCommand) => never;
  readonly onChosen: (chosen: Chosen) => void;
};

type Building = ProgramHooks & { readonly program: Command; readonly commands: readonly CliCommand[] };

/** The commander program of these commands: it parses these arguments and nothing else. */
export function buildProgram(commands: readonly CliCommand[], argv: readonly string[], hooks: ProgramHooks): Command {
  const program = new Command("moorage").enablePositionalOptions().helpCommand(false);
  program.option("-V, --version").exitOverride((error) => hooks.onExit(error, program));
  program.configureOutput({
    writeOut: hooks.onHelp,
    writeErr: hooks.onHelp,
    outputError: () => undefined,
    getOutHasColors: () => true,
    getErrHasColors: () => true,
  });
  program.configureHelp({ formatHelp: () => programHelp(commands, hooks.layout) });
  addGlobalOptions(program);
  for (const command of commands) {
    const leaf = addCommand(command, { ...hooks, program, commands });
    // The options of the others are never asked for, and making them out takes a while.
    if (command.words.every((word) => argv.includes(word))) addParameters(leaf, command);
  }
  return program;
}

/** Flags that were given, with their texts; an inner command's wins over an outer one's. */
export function givenOptions(chain: readonly Command[]): ReadonlyMap<string, readonly string[]> {
  const given = chain.flatMap((command) =>
    command.options
      .filter((option) => command.getOptionValueSource(option.attributeName()) === "cli")
      .map((option) => [flagName(option), texts(command.getOptionValue(option.attributeName()))] as const),
  );
  return new Map(given);
}

function addCommand(command: CliCommand, building: Building): Command {
  const { program, layout, onExit, onChosen } = building;
  const [first = "", second] = command.words;
  const parent = second === undefined ? program : groupOf(first, building);
  const leaf = command.rest === undefined ? new Command() : new ProgramCommand(() => command.positionals.length);
  leaf.name(second ?? first).copyInheritedSettings(parent);
  leaf.exitOverride((error) => onExit(error, leaf, command));
  leaf.configureHelp({ formatHelp: () => commandHelp(command, layout) });
  addGlobalOptions(leaf);
  const chain = parent === program ? [program, leaf] : [program, parent, leaf];
  leaf.action(() => onChosen({ command, chain, words: leaf.args }));
  parent.addCommand(leaf);
  return leaf;
}

function addParameters(leaf: Command, command: CliCommand): void {
  for (const { name, required } of command.positionals) leaf.argument(required ? `<${name}>` : `[${name}]`);
  if (command.rest !== undefined) leaf.argument("[command...]");
  for (const spec of command.options) leaf.addOption(optionFrom(spec));
}

function groupOf(word: string, { program, commands, layout, onExit }: Building): Command {
  const existing = program.commands.find((command) => command.name() === word);
  if (existing !== undefined) return existing;
  const group = program.command(word).helpCommand(false);
  group.exitOverride((error) => onExit(error, group));
  addGlobalOptions(group);
  return group.configureHelp({ formatHelp: () => groupHelp(word, commands, layout) });
}

function addGlobalOptions(command: Command): void {
  for (const spec of GLOBAL_OPTIONS) command.addOption(optionFrom(spec));
}

function optionFrom({ flag, short, takes, repeatable }: OptionSpec): Option {
  const option = new Option(
    `${short === undefined ? "" : `-${short}, `}--${flag}${takes === undefined ? "" : ` <${takes}>`}`,
  );
  if (repeatable === true) option.argParser((text: string, before: string[] | undefined) => [...(before ?? []), text]);
  return option;
}

function flagName(option: Option): string {
  return option.long?.slice(2) ?? "";
}

function texts(value: unknown): readonly string[] {
  return [value].flat().filter((text) => typeof text === "string");
}
