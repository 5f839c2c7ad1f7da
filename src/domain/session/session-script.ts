/**
 * The shell of a session: it reads one line for each command from descriptor 3, which commands are not given, and tells
 * begin and end of each by marks on both outputs. The mark of the end is read only after the command has ended, so that
 * nothing prints it by accident; a program that means to can find it, which decision 18 speaks of. INT leaves what the
 * command was doing, and the shell goes on; inside of a function of the shell it only ends the program that runs there.
 * Between commands INT is ignored: one that comes just after an end would make the shell's own reading fail.
 */
const LOOP = `
exec 3<&0 4>&1 5>&2 </dev/null
trap '' INT
moorage_newline='
'
moorage_tell() {
  trap '' INT
  IFS= read -r moorage_end <&3 || exit 125
  printf '%s %s\\n' "$moorage_end" "$1" >&4
  printf '%s\\n' "$moorage_end" >&5
}
moorage_serve() {
  while IFS= read -r moorage_line <&3; do
    eval "$moorage_line"
    printf '%s\\n' "$moorage_begin" >&4
    printf '%s\\n' "$moorage_begin" >&5
    if [ "$0" = bash ] || "$0" -nc "$moorage_command" 3<&- 4>&- 5>&-; then
      trap 'moorage_interrupted=1; break 99' INT
      eval "$moorage_command" </dev/null 3<&- 4>&- 5>&-
      moorage_tell "$?"
    else
      moorage_tell 2
    fi
  done
  if [ -z "$moorage_interrupted" ]; then exit 0; fi
  moorage_interrupted=
  moorage_tell 130
  moorage_serve
}
moorage_serve
`;

const CHOOSE = 'if command -v bash >/dev/null 2>&1; then exec bash -c "$1" bash; else exec sh -c "$1" sh; fi';

/** The argument vector of a session's shell: bash where the sandbox has it. */
export const SESSION_SHELL: readonly string[] = ["/bin/sh", "-c", CHOOSE, "session", LOOP];

export type Marks = { readonly begin: string; readonly end: string };

/** What is written to the shell for one command: its line, and the mark of its end. */
export function commandLines(text: string, { begin, end }: Marks): Uint8Array {
  return Buffer.from(`moorage_begin=${begin} moorage_command=${quotedOnOneLine(text)}\n${end}\n`);
}

/** An argument vector as text for a shell: each word is itself, whatever is in it. */
export function quotedWords(command: readonly string[]): string {
  return command.map(quoted).join(" ");
}

function quoted(word: string): string {
  return `'${word.replaceAll("'", "'\\''")}'`;
}

/** A newline would end the line: it is put in by a variable that holds one. */
function quotedOnOneLine(text: string): string {
  return quoted(text).replaceAll("\n", `'"$moorage_newline"'`);
}
