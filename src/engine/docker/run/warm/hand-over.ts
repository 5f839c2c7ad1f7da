import type { RunSpec } from "../../../engine.ts";
import type { InputKind } from "./shell-script.ts";

/** A shell reads its line byte by byte, so longer ones are faster by the plain way. */
const MAX_BYTES = 8 * 1024;
/** What a pipe takes for certain without a reader; what is longer is streamed. */
const MAX_INPUT_BYTES = 4 * 1024;
const IDENTIFIER = /^[A-Za-z_][A-Za-z0-9_]*$/;
/** Variables that a shell sets, drops or obeys by itself, and those of its own script. */
const SHELL_OWNED =
  /^(?:_|IFS|ENV|PPID|E?UID|PWD|OLDPWD|OPT(?:IND|ARG|ERR)|LINENO|RANDOM|SECONDS|SHLVL|SHELLOPTS|PS[0-9]|POSIXLY_CORRECT|BASH.*|moorage_.*)$/;

/** A run as a shell is handed it. */
export type HandOver = {
  readonly kind: InputKind;
  /** Shell code without a newline: sets its arguments to directory, program and arguments, exports the environment. */
  readonly code: string;
  /** Where its stdin is a text: shell code that sets `moorage_input`. */
  readonly input?: string;
};

/**
 * Undefined where a run has to take the plain way: a terminal, another user, a name of a variable that a shell minds, or
 * a line that is too long.
 */
export function handOverOf({ command, cwd, env, stdin, tty, user }: RunSpec): HandOver | undefined {
  if (tty !== undefined || user !== undefined) return undefined;
  const names = Object.keys(env);
  if (names.some((name) => !IDENTIFIER.test(name) || SHELL_OWNED.test(name))) return undefined;
  const values = [cwd, ...command, ...Object.values(env)];
  if (values.some((value) => value.includes("\0"))) return undefined;
  const exports = Object.entries(env).map(([name, value]) => ` ${name}=${quoted(value)}`);
  const arguments_ = `set -- ${[cwd, ...command].map(quoted).join(" ")}`;
  const code = exports.length === 0 ? arguments_ : `${arguments_};export${exports.join("")}`;
  if (Buffer.byteLength(code) > MAX_BYTES) return undefined;
  if (stdin === undefined) return { kind: "none", code };
  const text = stdin instanceof Uint8Array ? shortText(stdin) : undefined;
  return text === undefined ? { kind: "stream", code } : { kind: "text", code, input: `moorage_input=${quoted(text)}` };
}

/** Undefined for what is long, or what no variable of a shell can hold. */
function shortText(bytes: Uint8Array): string | undefined {
  if (bytes.length > MAX_INPUT_BYTES || bytes.includes(0)) return undefined;
  const text = Buffer.from(bytes).toString();
  return Buffer.from(text).equals(bytes) ? text : undefined;
}

// Within quotes a shell takes every byte as it is but the quote; a newline would end the line.
function quoted(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`).replaceAll("\n", `'"$moorage_newline"'`)}'`;
}
