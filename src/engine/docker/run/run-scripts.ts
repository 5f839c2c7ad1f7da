/** What a shell of ours says as the first line on stdout, before it becomes the program. */
export const READY_LINE = "moorage ready";
export const CWD_LINE = "moorage cwd";
export const ROOT_LINE = /^moorage root (\d+) (\d+)$/;

/**
 * Starts a run inside a sandbox: directory, program, arguments. It tells the pid of its parent, the subreaper that the
 * whole run stays below, and when that started, as the kernel counts it; then it becomes the program.
 */
export const EXEC_SCRIPT = `
cd "$1" 2>/dev/null || { echo "${CWD_LINE}"; exit 125; }
shift
read -r line <"/proc/$PPID/stat"
tell() { echo "moorage root $PPID \${20}"; }
tell \${line##*) }
exec "$@"
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

/** TERM to everything in the container but the init process and itself. */
export const TERM_ALL_SCRIPT = "kill -TERM -1";
