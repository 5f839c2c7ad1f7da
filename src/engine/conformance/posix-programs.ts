import type { ConformancePrograms } from "./harness.ts";

const FORK = 'setsid sh -c "$2" beat "$1" "$3" & exit 0';
const BEAT = 'trap "" TERM HUP INT; i=0; while [ "$i" -lt "$2" ]; do echo "$i" >"$1"; i=$((i+1)); sleep 0.05; done';
const TREE = [
  'trap "" TERM; printf ready',
  'setsid sh -c "$3" fork "$1" "$4" "$(($2*20))" </dev/null >/dev/null 2>&1 &',
  'n=$2; while [ "$n" -gt 0 ]; do sleep 1; n=$((n-1)); done',
].join("\n");
// Ends once the descendant has begun.
const LEAVE = [
  'setsid sh -c "$3" fork "$1" "$4" "$2" </dev/null >/dev/null 2>&1 &',
  'until [ -s "$1" ]; do sleep 0.05; done',
].join("\n");
const PAUSE = 'while [ "$n" -gt 0 ]; do sleep 0.1; n=$((n-1)); done';
const TELL = 'n=$(($1*10)); shift; for s; do trap "echo $s" "$s"; done; echo ready; '.concat(PAUSE);
const WATCH = 'n=$(($1*10)); trap "stty size" WINCH; stty size; '.concat(PAUSE);
const CHILDREN = 'i=0; while [ "$i" -lt "$1" ]; do sleep 5 >/dev/null 2>&1 & i=$((i+1)); echo "$i"; done';
const BURN = [
  'end=$(($(date +%s)+$1)); while [ "$(date +%s)" -lt "$end" ]; do',
  "i=0; while [ $i -lt 5000 ]; do i=$((i+1)); done; done",
  "read -r line </proc/$$/stat; set -- ${line##*) }; echo $((${12}+${13}+${14}+${15}))",
].join("\n");
// Images have the one or the other.
const SERVE = 'echo serving; command -v python3 >/dev/null && exec python3 -m http.server "$1"; exec httpd -f -p "$1"';

const REACH = [
  `command -v python3 >/dev/null && exec python3 -c 'import socket, sys`,
  `socket.create_connection((sys.argv[1], int(sys.argv[2])), 4)' "$1" "$2"`,
  'exec nc -w 4 "$1" "$2" </dev/null >/dev/null',
].join("\n");

const shell = (script: string, ...values: string[]): readonly string[] => ["sh", "-c", script, "sh", ...values];

const SWAP = `
printf ready
while :; do
  rm -rf "$1"; mkdir "$1"; printf inside >"$1/$2"
  rm -rf "$1"; ln -s "$3" "$1"
done 2>/dev/null
`;

/** For engines whose units have a POSIX `sh` and the usual small programs: GNU's or busybox's. */
export const posixPrograms: ConformancePrograms = {
  exit: (code) => shell('exit "$1"', String(code)),
  print: (stdout, stderr) => shell('printf %s "$1"; printf %s "$2" >&2', stdout, stderr),
  printArguments: (...values) => shell(String.raw`printf '%s\0' "$@"`, ...values),
  cat: () => ["cat"],
  env: (name) => shell(`[ "\${${name}+set}" ] || exit 1; printf '%s\\n' "$${name}"`),
  pwd: () => ["pwd"],
  uid: () => ["id", "-u"],
  owner: (path) => ["stat", "-c", "%u:%g", "--", path],
  sleep: (seconds) => shell('printf ready; exec sleep "$1"', String(seconds)),
  trapTerm: (seconds) =>
    shell('trap "" TERM; printf ready; n=$1; while [ "$n" -gt 0 ]; do sleep 1; n=$((n-1)); done', String(seconds)),
  forkTree: (path, seconds) => shell(TREE, path, String(seconds), FORK, BEAT),
  leaveChild: (seconds) => shell('sleep "$1" & printf started', String(seconds)),
  leaveBeating: (path, seconds) => shell(LEAVE, path, String(seconds * 20), FORK, BEAT),
  tellSignals: (seconds, ...names) => shell(TELL, String(seconds), ...names),
  watchTerminal: (seconds) => shell(WATCH, String(seconds)),
  closeOutput: (seconds, code) => shell('exec >&- 2>&-; sleep "$1"; exit "$2"', String(seconds), String(code)),
  killItself: () => shell("kill -KILL $$"),
  printForever: () => ["yes", "a line that never ends to come"],
  printBytes: (count) => shell(String.raw`head -c "$1" /dev/zero | tr '\0' x`, String(count)),
  rawBytes: (hex) => ["printf", octal(hex)],
  writeFile: (path, text) => shell('printf %s "$2" >"$1"', path, text),
  fillFile: (path, bytes) => shell('head -c "$2" /dev/zero >"$1"', path, String(bytes)),
  readFile: (path) => ["cat", "--", path],
  link: (target, path) => ["ln", "-s", "--", target, path],
  swap: (path, name, target) => shell(SWAP, path, name, target),
  allocate: (bytes) => ["dd", "if=/dev/zero", "of=/dev/null", `bs=${bytes}`, "count=1"],
  startChildren: (count) => shell(CHILDREN, String(count)),
  burn: (seconds) => shell(BURN, String(seconds)),
  reach: (name, port) => shell(REACH, name, String(port)),
  serve: (port) => shell(SERVE, String(port)),
  missing: () => ["there-is-no-such-program"],
  notExecutable: () => ["/etc/passwd"],
};

function octal(hex: string): string {
  return [...Buffer.from(hex, "hex")].map((byte) => `\\${byte.toString(8).padStart(3, "0")}`).join("");
}
