import { MoorageError } from "../../../base/errors.ts";
import { refuseOversize } from "../../refuse-oversize.ts";

// bubblewrap takes 9000 arguments in all, three of them for each variable.
const MAX_ARGUMENTS = 8_500;

/** Variables that a shell sets or drops by itself: they are set once more behind it. */
const SHELL_OWNED = /^(_|IFS|LINENO|OLDPWD|OPTIND|PPID|PS[0-9]|PWD|UID|EUID|RANDOM|SECONDS|SHLVL|SHELLOPTS|BASH.*)$/;

/** The command as the shell before it is given it. INVALID_INPUT when the kernel or bubblewrap cannot take it. */
export function runCommand(command: readonly string[], env: Readonly<Record<string, string>>): readonly string[] {
  const [program] = command;
  if (program === undefined || program === "") {
    throw new MoorageError("INVALID_INPUT", "The command is empty; expected a program and its arguments.");
  }
  checkText(command, env);
  refuseOversize({ command, env });
  checkCount(command, env);
  const owned = Object.entries(env).filter(([name]) => SHELL_OWNED.test(name));
  // `env` would take a program with `=` in its name for a variable.
  if (owned.length === 0 || program.includes("=")) return command;
  return ["/usr/bin/env", ...owned.map(([name, value]) => `${name}=${value}`), ...command];
}

function checkText(command: readonly string[], env: Readonly<Record<string, string>>): void {
  if (command[0]?.startsWith("-")) {
    throw new MoorageError(
      "INVALID_INPUT",
      `The program ${JSON.stringify(command[0])} begins with a dash; expected a name or a path.`,
    );
  }
  if ([...command, ...Object.values(env)].some((text) => text.includes("\0"))) {
    throw new MoorageError(
      "INVALID_INPUT",
      "An argument or a variable contains a NUL character, which no program can be given.",
    );
  }
  const name = Object.keys(env).find((each) => !/^[A-Za-z_][A-Za-z0-9_]*$/.test(each));
  if (name !== undefined) {
    throw new MoorageError(
      "INVALID_INPUT",
      `${JSON.stringify(name)} is no name of a variable; expected A-Z, a-z, 0-9 and _.`,
    );
  }
}

function checkCount(command: readonly string[], env: Readonly<Record<string, string>>): void {
  const count = command.length + 3 * Object.keys(env).length;
  if (count > MAX_ARGUMENTS) {
    const message = `The command has ${command.length} arguments and ${Object.keys(env).length} variables; bubblewrap takes ${MAX_ARGUMENTS}, three for each variable.`;
    throw new MoorageError("INVALID_INPUT", message, { hint: "Pass a list of names by a file or by stdin." });
  }
}
