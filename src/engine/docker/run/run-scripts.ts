import { endMark } from "./end-mark.ts";

/** What a shell of ours says as the first line on stdout, before it becomes the program. */
export const READY_LINE = "moorage ready";
export const CWD_LINE = "moorage cwd";
/** Root, when that started, keeper. */
export const ROOT_LINE = /^moorage root (\d+) (\d+) (\d+)$/;
/** What a run waits for once it has announced itself, before the secret of its end's mark; anything else, or the end of its input, and it never begins. */
export const GO_LINE = "go";
export const LEAVE_LINE = "leave";
/** What the shell says on a terminal once it was let go: what the terminal itself repeats of that comes before. */
const GOING_LINE = "moorage going";

/** How a run's stdin comes: closed, as all that follows, or from a terminal. */
export type ExecInput = "none" | "stream" | "terminal";

/**
 * Where a run begins in time: what it leaves behind is younger. The names are none that an environment has, so that
 * setting them changes no variable of a run.
 */
export const REMEMBER = `
read -r moorage_begun moorage_rest </proc/uptime
read -r moorage_rest moorage_rest moorage_rest moorage_rest moorage_oldest </proc/loadavg
`;

/**
 * Ends what the program has left behind below the subreaper, this shell's parent. While that cannot be ended the run
 * goes on, up to its deadline. Of the processes only those are looked at that are younger than the program; all of them
 * where that took longer than a second, in which pids may have begun anew, or where they have.
 */
export const SWEEP = `
below() {
  { read -r moorage_line <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- \${moorage_line##*) }
  [ "$2" = "$PPID" ] && case $1 in Z | X | x) [ "\${18}" -gt 1 ] ;; esac
}
sweep() {
  read -r moorage_now moorage_rest </proc/uptime
  read -r moorage_rest moorage_rest moorage_rest moorage_rest moorage_last </proc/loadavg
  [ "$((\${moorage_now%.*} - \${moorage_begun%.*}))" -le 1 ] && [ "$moorage_last" -ge "$moorage_oldest" ] || moorage_oldest=0
  moorage_found=1
  while [ -n "$moorage_found" ]; do
    moorage_found=
    for moorage_directory in /proc/[0-9]*; do
      moorage_pid=\${moorage_directory#/proc/}
      [ "$moorage_pid" -gt "$moorage_oldest" ] && [ "$moorage_pid" != "$$" ] && below "$moorage_pid" || continue
      moorage_found=1
      kill -KILL "$moorage_pid"
    done
  done
}
`;

/** A shell that outlives its program, so that a signal to all of the run does not end it. */
export const OUTLIVE = `
trap : HUP INT QUIT TERM USR1 USR2
exec 3>&2 2>/dev/null
`;

/** Tells the pid of this shell's parent, the subreaper, when that started, as the kernel counts it, and its own pid. */
export const ANNOUNCE = `
read -r moorage_line <"/proc/$PPID/stat"
tell() { echo "moorage root $PPID \${20} $$"; }
tell \${moorage_line##*) }
`;

/**
 * Starts a run inside a sandbox: how its input comes, directory, program, arguments. It announces the subreaper that the
 * whole run stays below, and itself, the run's keeper, and waits to be let go: a run that nobody waits for any more, as
 * its start took too long or its Moorage has ended, never begins. The keeper starts the program, marks the end of both
 * streams with the secret that it was let go with, so that a connection which breaks before is told from an end, and
 * ends with the program's code. On a terminal, where every byte is shown as it comes, no mark is looked for.
 */
export const EXEC_SCRIPT = `
cd "$2" 2>/dev/null || { echo "${CWD_LINE}"; exit 125; }
moorage_input=$1
shift 2
${ANNOUNCE}
read -r moorage_line moorage_secret && [ "$moorage_line" = "${GO_LINE}" ] || exit 125
case $moorage_input in
none) exec </dev/null ;;
terminal) echo "${GOING_LINE}" ;;
esac
${SWEEP}${REMEMBER}${OUTLIVE}
(exec "$@" 2>&3 3>&-)
moorage_code=$?
sweep
if [ "$moorage_input" != terminal ]; then
  echo "${endMark("$moorage_secret")}$moorage_code"
  echo "${endMark("$moorage_secret")}$moorage_code" >&3
fi
exit "$moorage_code"
`;

/**
 * Keeps a sandbox alive without using a processor; a program that kills the sleeper does not end the sandbox. At TERM
 * all its programs get TERM too, and it ends when they have ended.
 */
export const SANDBOX_SCRIPT = `
leave() {
  trap '' TERM
  kill -TERM -1
  wait
  while kill -0 -1; do sleep 0.1 || sleep 1 || exit 0; done
  exit 0
}
trap leave TERM
echo "${READY_LINE}"
exec </dev/null >/dev/null 2>&1
while :; do
  sleep 2147483647 &
  wait "$!"
  case $? in 126 | 127) exit 1 ;; esac
done
`;

/**
 * The main process of a job: directory, seconds, program, arguments. It becomes the program, so that signals, stdin
 * and the exit code are the program's own; what the shell would start in the background ignores INT.
 *
 * Before, it starts two guards, no children of the program's, that end the container at the deadline though nobody
 * watches it: TERM to all, a second later KILL to all. They ignore what a program may send to all from before they
 * begin, for the program may be faster than they. A guard whose sleeper is killed sleeps again; one that ends
 * otherwise than by KILL kills all at once. What is left to a program that wants to outlive its deadline unwatched is
 * to end or stop both guards by KILL or STOP.
 */
export const JOB_SCRIPT = `
cd "$1" 2>/dev/null || { echo "${CWD_LINE}"; exit 125; }
limit=$2
shift 2
guard() {
  trap 'kill -KILL -1' EXIT
  read -r now rest </proc/uptime
  end=$((\${now%.*} + limit))
  while [ "\${now%.*}" -lt "$end" ]; do
    sleep "$((end - \${now%.*}))"
    read -r now rest </proc/uptime
  done
  kill -TERM -1
  sleep 1
}
trap '' TERM HUP INT QUIT
(guard </dev/null >/dev/null 2>&1 &)
(guard </dev/null >/dev/null 2>&1 &)
trap - TERM HUP INT QUIT
echo "${READY_LINE}"
exec "$@"
`;

/** A signal to everything in the container but the init process and itself; a job's guards are deaf to it. */
export const SIGNAL_ALL_SCRIPT = 'kill "-$1" -1';
