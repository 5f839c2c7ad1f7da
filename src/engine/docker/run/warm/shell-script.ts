import { endMark } from "../end-mark.ts";
import { ANNOUNCE, CWD_LINE, OUTLIVE, REMEMBER, SWEEP } from "../run-scripts.ts";

/** What a shell answers to a run that it has understood, just before it begins. */
export const UNDERSTOOD_LINE = "moorage understood";
/** Its words before the time of the container, in whole seconds, once it has announced itself. */
export const UPTIME_LINE = /^moorage uptime (\d+)$/;
/** What it answers to a run that has reached it too late, and that it leaves. */
const LATE_LINE = "moorage late";
/** In place of the code, where a run was left, as the shell was held up. */
const HELD_UP = "held-up";
/** How long a shell may be held up between the two looks at the time, seconds. */
export const HELD_UP_S = 2;

/** How a run's stdin comes: closed, as text in a line of its own, or as all that follows, which makes it the last run. */
export type InputKind = "none" | "text" | "stream";

/**
 * Serves one run after another, each below the same subreaper. A run is a line: a secret of its own, the container's
 * time up to which it may begin, the kind of its stdin, and shell code that sets its arguments and environment, which
 * is evaluated in a child. What a run has left behind is ended before its end is told. The secret is never in an
 * environment or an argument, so that a program cannot say that it has ended while it goes on.
 *
 * A run that is handed to a paused sandbox begins in time or never, so that it may be given up: the time is looked at
 * before the answer, and once more after it.
 * When its Moorage ends, the shell reads an end of file and ends too. Needs a printf of its own, as all common shells
 * have one.
 */
export const SHELL_SCRIPT = `
printf %s "" || exit 125
${ANNOUNCE}${SWEEP}
read -r moorage_now moorage_rest </proc/uptime
echo "moorage uptime \${moorage_now%.*}"
echo "${endMark("start")}0"
echo "${endMark("start")}0" >&2
moorage_newline='
'
${OUTLIVE}
in_time() {
  read -r moorage_now moorage_rest </proc/uptime
  [ "\${moorage_now%.*}" -le "$1" ]
}
held_up() {
  echo "moorage end $moorage_secret ${HELD_UP}"
  exit 125
}
begin() {
  in_time "$moorage_until" || { echo "${LATE_LINE}"; held_up; }
  eval "$moorage_line"
  cd "$1" || { echo "${CWD_LINE}"; exit 125; }
  shift
  echo "${UNDERSTOOD_LINE}"
  in_time "$((moorage_until + ${HELD_UP_S}))" || held_up
  exec "$@" 2>&3 3>&-
}
while read -r moorage_secret moorage_until moorage_kind moorage_line; do
  moorage_input=
  [ "$moorage_kind" != text ] || { IFS= read -r moorage_input && eval "$moorage_input"; } || exit 125
${REMEMBER}
  case $moorage_kind in
  none) (begin </dev/null) ;;
  text) printf %s "$moorage_input" | begin ;;
  stream) (begin) ;;
  esac
  moorage_code=$?
  sweep
  echo "moorage end $moorage_secret $moorage_code"
  echo "moorage end $moorage_secret $moorage_code" >&3
  [ "$moorage_kind" != stream ] || exit "$moorage_code"
done
`;
