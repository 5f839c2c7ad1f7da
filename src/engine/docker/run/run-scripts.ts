/** What a shell of ours says as the first line on stdout, before it becomes the program. */
export const READY_LINE = "moorage ready";
export const CWD_LINE = "moorage cwd";
/** Root, when that started, keeper. */
export const ROOT_LINE = /^moorage root (\d+) (\d+) (\d+)$/;
/** What a run on a terminal waits for, so that the terminal has its size by then. */
export const GO_LINE = "go";

/**
 * Starts the program and ends with the program's code, once it has ended what the program has left behind. While that
 * cannot be ended the run goes on, up to its deadline. Of the processes only those are looked at that are younger than
 * the program; all of them where that took longer than a second, in which pids may have begun anew, or where they have.
 * The long names are none that a run's environment has.
 */
const KEEPER = `
trap : HUP INT QUIT TERM USR1 USR2
read -r moorage_begun moorage_rest </proc/uptime
read -r moorage_rest moorage_rest moorage_rest moorage_rest moorage_oldest </proc/loadavg
exec 3>&2 2>/dev/null
(exec "$@" 2>&3 3>&-)
code=$?
read -r now rest </proc/uptime
read -r rest rest rest rest last </proc/loadavg
oldest=$moorage_oldest
[ "$((\${now%.*} - \${moorage_begun%.*}))" -le 1 ] && [ "$last" -ge "$oldest" ] || oldest=0
below() {
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  set -- \${line##*) }
  [ "$2" = "$PPID" ] && case $1 in Z | X | x) [ "\${18}" -gt 1 ] ;; esac
}
found=1
while [ -n "$found" ]; do
  found=
  for directory in /proc/[0-9]*; do
    pid=\${directory#/proc/}
    [ "$pid" -gt "$oldest" ] && [ "$pid" != "$$" ] && below "$pid" || continue
    found=1
    kill -KILL "$pid"
  done
done
exit "$code"
`;

/**
 * Starts a run inside a sandbox: "wait" on a terminal or "go", directory, program, arguments. It tells the pid of its
 * parent, the subreaper that the whole run stays below, when that started, as the kernel counts it, and its own pid.
 * Then it is the run's keeper.
 */
export const EXEC_SCRIPT = `
[ "$1" = go ] || read -r moorage_line
cd "$2" 2>/dev/null || { echo "${CWD_LINE}"; exit 125; }
shift 2
read -r moorage_line <"/proc/$PPID/stat"
tell() { echo "moorage root $PPID \${20} $$"; }
tell \${moorage_line##*) }
${KEEPER}
`;

/** What a standby answers when it has understood its run, and is about to begin. */
export const UNDERSTOOD_LINE = "moorage understood";

/**
 * A run ahead of its time: it announces itself as a run does, reads the line that hands it over, says that it has
 * understood, and begins when it is told to. Two steps, so that what was handed to a paused sandbox, and given up since,
 * never begins. When its Moorage ends before, it reads an end of file and ends too.
 */
export const STANDBY_SCRIPT = `
read -r moorage_line <"/proc/$PPID/stat"
tell() { echo "moorage root $PPID \${20} $$"; }
tell \${moorage_line##*) }
moorage_newline='
'
IFS= read -r moorage_line || exit 125
eval "$moorage_line" 2>/dev/null
cd "$1" 2>/dev/null || { echo "${CWD_LINE}"; exit 125; }
shift
echo "${UNDERSTOOD_LINE}"
IFS= read -r moorage_line && [ "$moorage_line" = "${GO_LINE}" ] || exit 125
[ "$moorage_stdin" ] || exec </dev/null
${KEEPER}
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
 * watches it: TERM to all, a second later KILL to all. A guard whose sleeper is killed sleeps again; one that ends
 * otherwise than by KILL kills all at once. What is left to a program that wants to outlive its deadline unwatched is
 * to end or stop both guards by KILL or STOP.
 */
export const JOB_SCRIPT = `
cd "$1" 2>/dev/null || { echo "${CWD_LINE}"; exit 125; }
limit=$2
shift 2
guard() {
  trap '' TERM HUP INT QUIT
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
(guard </dev/null >/dev/null 2>&1 &)
(guard </dev/null >/dev/null 2>&1 &)
echo "${READY_LINE}"
exec "$@"
`;

/** A signal to everything in the container but the init process and itself; a job's guards are deaf to it. */
export const SIGNAL_ALL_SCRIPT = 'kill "-$1" -1';
