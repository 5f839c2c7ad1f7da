/**
 * Looks at and ends the process tree of one run from inside its container, told on stdin what to do, a line of answer
 * for each line. Its arguments are the tree's root, the subreaper that everything of a run stays below however it was
 * started, and the time at which the root started, as the kernel counts it. Builtins of a POSIX shell only: where the
 * process limit is reached, nothing can be forked.
 *
 * The root is stopped by `term` and `kill`, so that it outlives the program and goes on gathering what the program
 * left behind; continued, it ends with the program's exit code. Where the root is gone all the same, because it was
 * killed or had just ended, the orphans of the container that are younger than it are taken for the run's.
 *
 * `term`: TERM to all. `count`: looks how many live. `kill`: stops all until no new ones come, kills them, looks again
 * until none is left, continues the root. `continue`: continues the root. The answer is how many live.
 */
export const TREE_SCRIPT = `
root=$1
begin=$2

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

# Sets lost when the root is gone.
judge() {
  look "$root"
  lost=
  if [ "$state" = - ] || [ "$start" != "$begin" ]; then lost=1; fi
}

# Finds all that live below the root and sends each the signal $1, unless it is empty, as soon as it is seen.
tree() {
  judge
  was=$lost
  known=" $root "
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
  look "$root"
  [ "$start" != "$begin" ] || kill -STOP "$root"
}

let_go() {
  look "$root"
  [ "$start" != "$begin" ] || kill -CONT "$root"
}

exec 2>/dev/null
echo ready
while read -r command; do
  count=0
  case $command in
  term) hold; tree TERM ;;
  count) tree "" ;;
  kill) hold; kill_all; let_go ;;
  continue) let_go ;;
  esac
  echo "$count"
done
let_go
`;
