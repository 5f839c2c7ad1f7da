/**
 * Looks at and ends the process tree of one run from inside its container, told on stdin what to do, a line of answer
 * for each line. Its arguments are the tree's root, the subreaper that everything of a run stays below however it was
 * started, the time at which the root started, as the kernel counts it, and the run's keeper, the shell that waits for
 * the program. Builtins of a POSIX shell only: where the process limit is reached, nothing can be forked.
 *
 * Root and keeper are stopped by `term` and `kill`, so that they outlive the program and the root goes on gathering what
 * the program left behind; continued, they end with the program's exit code. They are not counted. Where the root is gone all the same, because it was
 * killed or had just ended, the orphans of the container that are younger than it are taken for the run's.
 *
 * `term`: TERM to all. `count`: looks how many live. `kill`: stops all until no new ones come, kills them, looks again
 * until none is left, continues root and keeper. `continue`: continues these. `signal NAME`: that signal to all.
 * `program NAME`: to the program alone. The answer is how many live; for \`root\` 1 while the root lives.
 */
export const TREE_SCRIPT = `
root=$1
begin=$2
keeper=$3

# Sets state, "-" when the process is gone, parent and start. A leader that ended before its threads looks like a zombie.
look() {
  state=-
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return
  set -- \${line##*) }
  state=$1
  parent=$2
  start=\${20}
  case $state in
  Z | X | x) if [ "\${18}" -gt 1 ]; then state=S; else state=-; fi ;;
  esac
}

belongs() {
  case $known in *" $parent "*) return 0 ;; esac
  [ -n "$lost" ] && [ "$parent" = 1 ] && [ "$start" -ge "$begin" ]
}

# Sets lost when the root is gone, and forgets a keeper that is gone or has lost the root.
judge() {
  look "$root"
  lost=
  if [ "$state" = - ] || [ "$start" != "$begin" ]; then lost=1; fi
  [ -n "$keeper" ] || return
  look "$keeper"
  if [ -n "$lost" ] || [ "$state" = - ] || [ "$parent" != "$root" ]; then keeper=; fi
}

# Finds all that live below the root and sends each the signal $1, unless it is empty, as soon as it is seen.
tree() {
  judge
  was=$lost
  known=" $root $keeper "
  live=
  count=0
  more=1
  while [ -n "$more" ]; do
    more=
    for directory in /proc/[0-9]*; do
      pid=\${directory#/proc/}
      case $known in *" $pid "*) continue ;; esac
      look "$pid"
      [ "$state" != - ] && belongs || continue
      known="$known$pid "
      live="$live $pid"
      count=$((count + 1))
      more=1
      [ -z "$1" ] || kill "-$1" "$pid"
    done
  done
  judge
  [ "$was" = "$lost" ] || tree "$1"
}

kill_all() {
  before=none
  live=
  while [ "$live" != "$before" ]; do
    before=$live
    tree STOP
  done
  rounds=0
  tree KILL
  while [ "$count" -gt 0 ] && [ "$rounds" -lt 1000 ]; do
    rounds=$((rounds + 1))
    tree KILL
  done
}

hold() {
  judge
  [ -n "$lost" ] || kill -STOP "$root" $keeper
}

let_go() {
  judge
  [ -n "$lost" ] || kill -CONT "$root" $keeper
}

program() {
  judge
  for directory in /proc/[0-9]*; do
    pid=\${directory#/proc/}
    look "$pid"
    [ "$state" != - ] && [ "$parent" = "$keeper" ] || continue
    kill "-$1" "$pid"
    count=1
  done
}

exec 2>/dev/null
echo ready
while read -r command name; do
  count=0
  case $command in
  term) hold; tree TERM ;;
  count) tree "" ;;
  root) judge; [ -n "$lost" ] || count=1 ;;
  kill) hold; kill_all; let_go ;;
  continue) let_go ;;
  signal) tree "$name" ;;
  program) program "$name" ;;
  esac
  echo "$count"
done
let_go
`;
