import type { RunSpec } from "../../../engine.ts";

/** A shell reads its line byte by byte, so longer ones are faster by the plain way. */
const MAX_LINE_BYTES = 8 * 1024;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Variables that a shell sets, drops or obeys by itself, and those of the standby's own script. */
const SHELL_OWNED =
  /^(?:_|IFS|ENV|PPID|E?UID|PWD|OLDPWD|OPT(?:IND|ARG|ERR)|LINENO|RANDOM|SECONDS|SHLVL|SHELLOPTS|PS[0-9]|POSIXLY_CORRECT|BASH.*|moorage_.*|code|now|rest|last|oldest|line|found|directory|pid)$/;

/**
 * The line that a standby is handed a run by: shell code that sets its arguments to directory, program and arguments,
 * and exports the environment. Undefined where a run has to take the plain way: a terminal, another user, a name of a
 * variable that a shell minds, or a line that is too long.
 */
export function handOverLine({ command, cwd, env, stdin, tty, user }: RunSpec): string | undefined {
  if (tty !== undefined || user !== undefined) return undefined;
  const names = Object.keys(env);
  if (names.some((name) => !IDENTIFIER.test(name) || SHELL_OWNED.test(name))) return undefined;
  const values = [cwd, ...command, ...Object.values(env)];
  if (values.some((value) => value.includes("\0"))) return undefined;
  const exports = Object.entries(env).map(([name, value]) => ` ${name}=${quoted(value)}`);
  const line = [
    `set -- ${[cwd, ...command].map(quoted).join(" ")}`,
    ...(exports.length === 0 ? [] : [`export${exports.join("")}`]),
    `moorage_stdin=${stdin === undefined ? "" : "1"}`,
  ].join(";");
  return Buffer.byteLength(line) > MAX_LINE_BYTES ? undefined : line;
}

// Within quotes a shell takes every byte as it is but the quote; a newline would end the line.
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`).replaceAll("\n", `'"$moorage_newline"'`)}'`;
}
