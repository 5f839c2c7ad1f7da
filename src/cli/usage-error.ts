import type { Command, CommanderError } from "commander";
import { MoorageError } from "../base/errors.ts";
import { usageOf } from "./help/help-text.ts";
import type { CliCommand } from "./invocation.ts";

type Place = { readonly at: Command; readonly command?: CliCommand; readonly commands: readonly CliCommand[] };

type Explained = { readonly message: string; readonly hint: string };

/** Commander's complaint about the arguments, in our words: what was found, what was expected, what to do. */
export function usageError(error: CommanderError, place: Place): MoorageError {
  const { message, hint } = explain(error, place);
  return new MoorageError("INVALID_INPUT", message, { hint, cause: error });
}

function explain(error: CommanderError, { at, command, commands }: Place): Explained {
  const path = commandPath(at);
  const help = `See \`${path} --help\`.`;
  const usage = command === undefined ? help : `Usage: moorage ${usageOf(command)}`;
  const quoted = /'([\s\S]*)'/.exec(error.message)?.[1] ?? "";
  switch (error.code) {
    case "commander.unknownOption":
      return { message: `Unknown option ${unknownOption(error)} of ${path}.`, hint: suggestion(error, help) };
    case "commander.unknownCommand":
      return unknownCommand(at, commands, suggestion(error, help));
    case "commander.help":
      return { message: `${path}: expected a command (got nothing).`, hint: help };
    case "commander.missingArgument":
      return { message: `${path}: expected ${quoted} (got nothing).`, hint: usage };
    case "commander.optionMissingArgument":
      return { message: `${quoted}: expected a value (got nothing).`, hint: usage };
    case "commander.excessArguments":
      return { message: `${path}: expected no more arguments (got ${excess(at)}).`, hint: usage };
    default:
      return { message: `${path}: ${error.message.replace(/^error: /, "")}.`, hint: usage };
  }
}

function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`;
}

function unknownOption({ message }: CommanderError): string {
  return JSON.stringify(/unknown option '([\s\S]*)'(?:\n\(Did you mean|$)/.exec(message)?.[1] ?? "");
}

function excess({ args, registeredArguments }: Command): string {
  const words = args.slice(registeredArguments.length);
  return words.map((word) => JSON.stringify(word)).join(" ");
}

function suggestion({ message }: CommanderError, otherwise: string): string {
  const words = /\(Did you mean (?:one of )?(.+)\?\)$/.exec(message)?.[1];
  return words === undefined ? otherwise : `Did you mean ${words.replaceAll(", ", " or ")}?`;
}

// A verb without its noun, as in `moorage ls` or `moorage exec`, is how other tools spell it.
function unknownCommand(at: Command, commands: readonly CliCommand[], otherwise: string): Explained {
  const word = at.args[0] ?? "";
  const same = commands.filter(({ words }) => words.length > 1 && words.at(-1) === word);
  const written = same.map(({ words }) => `\`moorage ${words.join(" ")}\``).join(" or ");
  return {
    message: `Unknown command ${JSON.stringify(`${commandPath(at)} ${word}`)}.`,
    hint: same.length === 0 ? otherwise : `Did you mean ${written}?`,
  };
}
