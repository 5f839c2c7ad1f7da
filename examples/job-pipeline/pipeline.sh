#!/bin/sh
# A pipeline of agents: two of them make something, each in a workspace of its own and both at one time, then a
# validation agent looks at what each one made. Run it with `moorage` on the PATH, or name the command with MOORAGE.
#
# WORKSPACE_DIR  where the workspaces are made                       (default: ./work)
# LIMIT          what the validation agent lets pass, at most        (default: 100)
set -eu

here=$(cd "$(dirname "$0")" && pwd)
WORKSPACE_DIR=${WORKSPACE_DIR:-$PWD/work}
export WORKSPACE_DIR
receipts=$WORKSPACE_DIR/receipts
failed=0

# Step 1: load the functions. That alone does nothing.
# shellcheck source=SCRIPTDIR/../../shim/docker-runner.sh
. "$here/../../shim/docker-runner.sh"

# Step 4 (its time is when the pipeline stops, whatever stops it): leave nothing behind.
trap 'docker_cleanup >&2' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Step 2: once, see that agents can be run at all. If not, nothing has happened, and nothing is pretended.
mkdir -p "$receipts"
bootstrap_docker_init
echo "DOCKER_MODE=$DOCKER_MODE SIMULATION_MODE=$SIMULATION_MODE"

# Step 3: run the agents. A job's id ends in nanoseconds where `date` knows them, and names its workspace.
make_number() {
  job=maker-$1-$(date +%s%N)
  workspace=$WORKSPACE_DIR/$job
  mkdir -p "$workspace"
  # $1 is for this shell; the agent sees a number.
  bootstrap_docker_execute "maker-$1" "$workspace" "seq 1 $1 | awk '{ sum += \$1 } END { print sum }' > sum.txt"
  echo "$workspace" >"$WORKSPACE_DIR/made-$1"
}

# Its verdict is the command's own exit code, and the receipt is Moorage's: written outside of the workspace, signed,
# and part of a chain that `moorage receipt verify` checks. The agent cannot forge it.
validate() {
  workspace=$1
  job=$(basename "$workspace")
  if bootstrap_docker_execute validator "$workspace" "test \"\$(cat sum.txt)\" -le ${LIMIT:-100}"; then
    status=passed
  else
    status=failed
    failed=1
  fi
  receipt=$(sed -n 's/.*"receipt_id":"\([a-z0-9]*\)".*/\1/p' "$workspace/.docker-result-validator" 2>/dev/null || true)
  if [ -n "$receipt" ]; then "${MOORAGE:-moorage}" receipt get "$receipt" --json >"$receipts/$job.json"; fi
  echo "$job: $status${receipt:+ (receipt $receipt)}"
}

make_number 10 &
first=$!
make_number 20 &
second=$!
wait "$first"
wait "$second"

for number in 10 20; do
  validate "$(cat "$WORKSPACE_DIR/made-$number")"
done
exit "$failed"
