/**
 * The few lines of shell between us and a program. They are constants: everything that varies comes in as an argument
 * and is only ever used in quotes.
 */

const ENTER = 'while [ "$#" -gt 0 ] && [ "$1" != -- ]; do echo 0 >"$1" || exit 1; shift; done; shift; exec "$@"';

/** What the launcher says where a workspace is not, or no longer, the directory that was allowed. */
export const WORKSPACE_MOVED = "moorage: the workspace is not there";

/**
 * As root, in a mount namespace of its own: shows the unit's directory at a place that the unit's user can reach, then
 * enters the control groups. A workspace of the host is entered first and compared with what was resolved before, so
 * that a link put in its place in between leads nowhere.
 *
 * Arguments: unit's directory, workspace of the host or nothing, place, the program mount, groups to enter,
 * `--`, program.
 */
export const LAUNCH_AS_ROOT = [
  "unit=$1; workspace=$2; place=$3; mount=$4; shift 4",
  'if [ -n "$workspace" ]; then',
  `  cd -P -- "$workspace" && [ "$PWD" = "$workspace" ] || { echo "${WORKSPACE_MOVED}" >&2; exit 1; }`,
  '  "$mount" --no-canonicalize --bind . "$unit/workspace" || exit 1',
  "fi",
  'cd -P -- "$unit" && "$mount" --no-canonicalize --rbind . "$place" && cd / || exit 1',
  ENTER,
].join("\n");

/** As an ordinary user: enters the control groups. Arguments: groups to enter, `--`, program. */
export const LAUNCH_AS_USER = ENTER;

/**
 * Inside, just before the program: goes to its directory, says so, and waits until it may begin. When Moorage is gone by
 * then, the answer is an end of file, and nothing starts. Arguments: directory, process limit or nothing, the program
 * prlimit, program.
 */
export const BEGIN = [
  'cd -- "$1" || { printf c >&3; exit 1; }',
  '[ -z "$2" ] || "$3" --pid "$$" "--nproc=$2:$2" || exit 1',
  "shift 3; unset OLDPWD",
  "printf r >&3; read -r answer <&3 || exit 1",
  "exec 2>&4 3>&- 4>&-",
  'exec "$@"',
].join("\n");
