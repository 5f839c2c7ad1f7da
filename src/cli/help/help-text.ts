import { GLOBAL_OPTIONS } from "../globals.ts";
import type { CliCommand, OptionSpec, PositionalSpec } from "../invocation.ts";
import type { TableLayout } from "../output/table.ts";
import { displayWidth, pad, wrap } from "../output/text.ts";
import { EXAMPLES, PROGRAM_EXAMPLES } from "./examples.ts";

type Item = readonly [term: string, description: string];

const ABOUT = "Moorage gives every AI agent its own berth: an isolated container to run code in.";
const HELP_OPTION: OptionSpec = { flag: "help", short: "h", description: "Print this help." };
const VERSION_OPTION: OptionSpec = { flag: "version", short: "V", description: "Print the version." };

const PROGRAM_NOTES = [
  "Options end at the first word of COMMAND, or at --; what follows is passed on as it is.",
  "Exit code: COMMAND's own; 124 when its deadline was reached; 125 when Moorage or the engine failed.",
];

const INDENT = 2;
const GAP = 2;
const WIDEST_TERM = 30;
const NARROWEST_DESCRIPTION = 30;

export function programHelp(commands: readonly CliCommand[], layout: TableLayout): string {
  const groups = new Set(commands.flatMap(({ words }) => (words.length > 1 ? words.slice(0, 1) : [])));
  const single = commands.filter(({ words }) => words.length === 1);
  return sections([
    usage("[options] COMMAND", layout),
    wrap(ABOUT, layout.width),
    ...lists(
      [
        { title: "Commands:", items: single.map(commandItem) },
        { title: "Groups of commands:", items: [...groups].map((group) => [group, verbs(commands, group).join(", ")]) },
      ],
      layout,
    ),
    ...lists([{ title: "Options:", items: [...GLOBAL_OPTIONS, VERSION_OPTION, HELP_OPTION].map(optionItem) }], layout),
    examples(PROGRAM_EXAMPLES, layout),
    wrap("`moorage COMMAND --help` tells more about a command or a group.", layout.width),
  ]);
}

export function groupHelp(group: string, commands: readonly CliCommand[], layout: TableLayout): string {
  const members = commands.filter(({ words }) => words.length > 1 && words[0] === group);
  return sections([
    usage(`${group} [options] COMMAND`, layout),
    ...lists([{ title: "Commands:", items: members.map(commandItem) }], layout),
    ...lists([{ title: "Options:", items: [...GLOBAL_OPTIONS, HELP_OPTION].map(optionItem) }], layout),
  ]);
}

export function commandHelp(command: CliCommand, layout: TableLayout): string {
  const { options, summary } = command;
  const notes = [
    ...(command.rest === undefined ? [] : command.runs ? PROGRAM_NOTES : PROGRAM_NOTES.slice(0, 1)),
    ...(command.notes ?? []),
  ];
  const described = argumentsOf(command).filter(({ description }) => description !== "");
  return sections([
    usage(usageOf(command), layout),
    wrap(summary, layout.width),
    ...lists(
      [
        { title: "Arguments:", items: described.map(({ name, description }) => [name, description]) },
        { title: "Options:", items: options.map(optionItem) },
        { title: "Options of every command:", items: [...GLOBAL_OPTIONS, HELP_OPTION].map(optionItem) },
      ],
      layout,
    ),
    notes.flatMap((note) => wrap(note, layout.width)),
    examples(EXAMPLES[command.words.join(" ")] ?? [], layout),
  ]);
}

/** Its positionals, and the program that it takes. */
export function argumentsOf({ positionals, rest }: CliCommand): readonly PositionalSpec[] {
  return rest === undefined ? positionals : [...positionals, { name: "COMMAND", ...rest }];
}

/** What follows `moorage` in a call of this command. */
export function usageOf({ words, options, positionals, rest }: CliCommand): string {
  const required = options
    .filter((option) => option.required === true)
    .map(({ flag, takes }) => `--${flag} <${takes}>`);
  const places = positionals.map(({ name, required: needed }) => (needed ? name : `[${name}]`));
  const program = rest === undefined ? [] : [rest.required ? "[--] COMMAND [ARG...]" : "[-- COMMAND [ARG...]]"];
  return [...words, "[options]", ...required, ...places, ...program].join(" ");
}

function verbs(commands: readonly CliCommand[], group: string): readonly string[] {
  return commands.flatMap(({ words: [first, second] }) => (first === group && second !== undefined ? [second] : []));
}

function commandItem({ words, summary }: CliCommand): Item {
  return [words.at(-1) ?? "", summary];
}

function optionItem({ flag, short, takes, description }: OptionSpec): Item {
  return [
    `${short === undefined ? "" : `-${short}, `}--${flag}${takes === undefined ? "" : ` <${takes}>`}`,
    description,
  ];
}

function usage(text: string, { style, width }: TableLayout): readonly string[] {
  const label = "Usage: ";
  const [first = "", ...more] = wrap(`moorage ${text}`, Math.max(NARROWEST_DESCRIPTION, width - label.length));
  return [style.bold(label) + first, ...more.map((line) => " ".repeat(label.length) + line)];
}

function examples(lines: readonly string[], { style }: TableLayout): readonly string[] {
  return lines.length === 0 ? [] : [style.bold("Examples:"), ...lines.map((line) => " ".repeat(INDENT) + line)];
}

type List = { readonly title: string; readonly items: readonly Item[] };

/** Lists with their descriptions in one column. */
function lists(all: readonly List[], { style, width }: TableLayout): readonly (readonly string[])[] {
  const terms = all.flatMap(({ items }) => items.map(([term]) => displayWidth(term)));
  const widest = Math.max(...terms.filter((term) => term <= WIDEST_TERM), 0);
  return all.map(({ title, items }) =>
    items.length === 0 ? [] : [style.bold(title), ...items.flatMap((item) => itemLines(item, widest, width))],
  );
}

// Beside its term where both fit, else below it: a narrow terminal gets short lines and no overflow.
function itemLines([term, description]: Item, termWidth: number, width: number): readonly string[] {
  const column = INDENT + termWidth + GAP;
  const beside = width - column >= NARROWEST_DESCRIPTION;
  const indent = beside ? column : INDENT * 2;
  const lines =
    description === "" ? [] : wrap(description, Math.max(1, width - indent)).map((line) => " ".repeat(indent) + line);
  const [first] = lines;
  if (!beside || first === undefined || displayWidth(term) > termWidth) return [" ".repeat(INDENT) + term, ...lines];
  return [" ".repeat(INDENT) + pad(term, termWidth + GAP) + first.trimStart(), ...lines.slice(1)];
}

function sections(parts: readonly (readonly string[])[]): string {
  return parts
    .filter((lines) => lines.length > 0)
    .map((lines) => `${lines.join("\n")}\n`)
    .join("\n");
}
