/**
 * Looks at and ends one process tree from inside its container, told on stdin what to do, a line of answer for each
 * line. Its first argument is the tree's root: the subreaper that everything of a run stays below, however it was
 * started. Builtins of a POSIX shell only: where the process limit is reached, nothing can be forked.
 *
 * The root is stopped by `term` and `kill`, so that it outlives the program and goes on gathering what the program
 * left behind; continued, it ends with the program's exit code.
 *
 * `term`: TERM to all. `count`: looks how many live. `kill`: stops all until no new ones come, kills them, looks again
 * until none is left, continues the root. `continue`: continues the root. Answers: how many live, or `lost` when the
 * root itself is gone.
 */
export const TREE_SCRIPT = `
root=$1

# Sets state, "-" when the process is gone, and parent. A leader that ended before its threads looks like a zombie.
look() {
  state=-
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return
  line=\${line##*) }
  state=\${line%% *}
  parent=\${line#* }
  parent=\${parent%% *}
  case $state in
  Z | X | x)
    set -- $line
    if [ "\${18}" -gt 1 ]; then state=S; else state=-; fi
    ;;
  esac
}

# Finds all that live below the root and sends each the signal $1, unless it is empty, as soon as it is seen.
tree() {
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
      [ "$state" = - ] && continue
      case $known in *" $parent "*) ;; *) continue ;; esac
      known="$known$pid "
      live="$live $pid"
      count=$((count + 1))
      more=1
      [ -z "$1" ] || kill "-$1" "$pid"
    done
  done
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

exec 2>/dev/null
echo ready
while read -r command; do
  count=0
  case $command in
  term) kill -STOP "$root"; tree TERM ;;
  count) tree "" ;;
  kill) kill -STOP "$root"; kill_all ;;
  esac
  look "$root"
  [ "$state" = - ] && count=lost
  case $command in kill | continue) kill -CONT "$root" ;; esac
  echo "$count"
done
kill -CONT "$root"
`;
