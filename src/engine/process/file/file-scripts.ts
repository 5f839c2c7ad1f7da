import { WORKSPACE } from "../launch/bubblewrap-arguments.ts";

/** How a script says what is wrong with a path. */
export const REFUSED = { outside: 110, missing: 111, noDirectory: 112, failed: 113 } as const;

/**
 * The shell of each file operation. They are constants: paths come in as arguments and are only ever used in quotes.
 * They run inside a namespace in which the workspace is all that can be written, so that links that change meanwhile
 * lead nowhere.
 */

// The x keeps newlines at the end of a name, which `$(…)` would drop.
const RESOLVE = [
  "resolve() {",
  '  resolved=$(realpath -m -- "$1"; printf x) && resolved=${resolved%??}',
  `  case "$resolved" in ${WORKSPACE}|${WORKSPACE}/*) ;; *) exit ${REFUSED.outside} ;; esac`,
  "}",
];

const RESOLVE_TARGET = [...RESOLVE, 'resolve "$1"', `[ -e "$resolved" ] || exit ${REFUSED.missing}`];

const script = (...lines: readonly string[]): string => lines.join("\n");

/**
 * Argument: path. Entries begin with its last part: where that is a link, they are what it leads to, under its name.
 */
export const DOWNLOAD = script(
  ...RESOLVE_TARGET,
  'cd -- "${1%/*}/" || exit 1',
  "name=${1##*/}; set -- --create --file=- --format=gnu --numeric-owner",
  'if [ -L "$name" ] && [ -d "$name" ]; then',
  String.raw`  exec tar "$@" --transform='flags=rh;s,/\.\(/\|$\),\1,' -- "$name/."`,
  'elif [ -L "$name" ]; then exec tar "$@" --dereference -- "$name"',
  'else exec tar "$@" -- "$name"; fi',
);

/** Argument: path of the directory. */
export const UPLOAD = script(
  ...RESOLVE,
  "umask 022",
  'resolve "$1"',
  `mkdir -p -- "$resolved" || { [ -d "$resolved" ] || exit ${REFUSED.noDirectory}; }`,
  // What was made may not be what was resolved: it is looked at once more from inside.
  'cd -P -- "$resolved" || exit 1',
  `case "$PWD" in ${WORKSPACE}|${WORKSPACE}/*) ;; *) exit ${REFUSED.outside} ;; esac`,
  "exec tar --extract --file=- --no-same-owner --preserve-permissions --delay-directory-restore",
);

/** Arguments: directory of an upload, then names below it. Refuses when one of them leads out of the workspace. */
export const CHECK = script(...RESOLVE, 'base=$1; shift; for name; do resolve "$base/$name"; done');

/** Empties the workspace, also what its own user may not read. */
export const EMPTY = `exec find ${WORKSPACE} -xdev -mindepth 1 -delete`;
