# shellcheck shell=sh
# Twelve functions of an older Docker runner for agents, by their names, on top of `moorage`. Source it; it defines
# functions and does nothing else: no options, variables or traps of the caller's shell are touched, and it may be
# sourced twice. bash, dash and busybox. What differs from the original, and why: docs/docker-runner-shim.md.
#
# MOORAGE         the command to call                                      (default: moorage, from PATH)
# MOORAGE_ENGINE  docker or process                                        (default: docker)
# DOCKER_IMAGE_NAME, DOCKER_IMAGE_TAG, DOCKER_NETWORK, DOCKER_TIMEOUT_SECONDS, DOCKER_MEMORY_LIMIT, DOCKER_CPU_LIMIT,
# WORKSPACE_DIR   as the original has them; they need not be exported.

# Functions in parentheses run in a shell of their own, so that nothing of theirs stays in the caller's.

_moorage_shim_say() {
  printf '%s\n' "$*" >&2
}

# Calls moorage with the settings of the caller's shell, exported or not.
_moorage_shim_call() (
  [ -z "${DOCKER_IMAGE_NAME-}" ] || export DOCKER_IMAGE_NAME
  [ -z "${DOCKER_IMAGE_TAG-}" ] || export DOCKER_IMAGE_TAG
  [ -z "${DOCKER_NETWORK-}" ] || export DOCKER_NETWORK
  [ -z "${DOCKER_TIMEOUT_SECONDS-}" ] || export DOCKER_TIMEOUT_SECONDS
  [ -z "${DOCKER_MEMORY_LIMIT-}" ] || export DOCKER_MEMORY_LIMIT
  [ -z "${DOCKER_CPU_LIMIT-}" ] || export DOCKER_CPU_LIMIT
  [ -z "${WORKSPACE_DIR-}" ] || export WORKSPACE_DIR
  exec env MOORAGE_ENGINE="${MOORAGE_ENGINE:-docker}" "${MOORAGE:-moorage}" "$@"
)

_moorage_shim_found() {
  command -v "${MOORAGE:-moorage}" >/dev/null 2>&1 && return 0
  _moorage_shim_say "error: there is no command \"${MOORAGE:-moorage}\"."
  _moorage_shim_say "hint: Install Moorage, or name its command with MOORAGE."
  return 1
}

# The text of one field of the flat JSON object in a file; empty where there is none.
_moorage_shim_field() (
  [ -f "$2" ] || exit 0
  sed -n "s/.*\"$1\":\"\{0,1\}\([^\",}]*\).*/\1/p" "$2" 2>/dev/null | head -n 1
)

# 0: the engine answers. 1: it does not; the reason and its mending go to stderr.
docker_check_availability() (
  _moorage_shim_found || exit 1
  if [ "${MOORAGE_ENGINE:-docker}" != docker ]; then
    _moorage_shim_call doctor --preflight >&2 || exit 1
    exit 0
  fi
  # An engine that answers tells that there is no such image, or that there is.
  told=$(_moorage_shim_call image exists moorage-is-the-engine-there 2>&1 >/dev/null) && exit 0
  case $told in
    *'error: '*)
      _moorage_shim_say "$told"
      exit 1
      ;;
  esac
)

# 0: this user may use the engine: then it answers. 1: not, or nobody can tell.
docker_check_socket_permissions() {
  docker_check_availability
}

# docker_image_exists NAME. 0: the engine has it. 1: not.
docker_image_exists() {
  [ -n "${1-}" ] || { _moorage_shim_say "error: docker_image_exists: expected an image's name."; return 1; }
  _moorage_shim_found || return 1
  _moorage_shim_call image exists "$1" >/dev/null 2>&1 || return 1
}

# Prints the id of the agents' image, which is pulled or made when it is missing. 1 on failure.
docker_init_image() {
  _moorage_shim_found || return 1
  if [ -n "${WORKSPACE_DIR-}" ]; then
    _moorage_shim_call image ensure --workspace "$WORKSPACE_DIR" || return 1
  else
    _moorage_shim_call image ensure || return 1
  fi
}

# docker_ensure_network NAME. An internal network of this name is there, and is ours: its members reach one another, and
# nothing else. 1 on failure, and when the engine has somebody else's network of this name.
docker_ensure_network() {
  [ -n "${1:-${DOCKER_NETWORK-}}" ] || {
    _moorage_shim_say "error: docker_ensure_network: expected a network's name."
    return 1
  }
  _moorage_shim_found || return 1
  _moorage_shim_call network ensure "${1:-${DOCKER_NETWORK-}}" || return 1
}

# A network that DOCKER_NETWORK names is there before an agent joins it; a policy needs none. Quiet unless it fails.
_moorage_shim_network() (
  case ${DOCKER_NETWORK-} in
    '' | none | internal | open | allow:*) exit 0 ;;
  esac
  told=$(docker_ensure_network "${DOCKER_NETWORK#net:}" 2>&1 >/dev/null) && exit 0
  _moorage_shim_say "$told"
  exit 1
)

# docker_spawn_agent AGENT_ID WORKSPACE COMMAND. Runs COMMAND, one line of shell, for the agent in its workspace.
# Codes: the command's own; 124 after the deadline; 1 when Moorage or the engine refused or failed.
docker_spawn_agent() (
  agent=${1-}
  workspace=${2-}
  line=${3-}
  if [ -z "$agent" ] || [ -z "$workspace" ] || [ -z "$line" ]; then
    _moorage_shim_say "error: docker_spawn_agent: expected AGENT_ID WORKSPACE COMMAND, none of them empty."
    exit 1
  fi
  case $workspace in
    /*) ;;
    *)
      _moorage_shim_say "error: docker_spawn_agent: expected an absolute path as the workspace (got \"$workspace\")."
      exit 1
      ;;
  esac
  if [ "${SIMULATION_MODE-}" = true ]; then
    _moorage_shim_say "error: SIMULATION_MODE is true, and Moorage simulates nothing: the agent was not run."
    _moorage_shim_say "hint: Unset SIMULATION_MODE; \`moorage doctor\` tells what the engine needs."
    exit 1
  fi
  _moorage_shim_found || exit 1
  _moorage_shim_network || exit 1
  file=$workspace/.docker-result-$agent
  before=$(_moorage_shim_field run_id "$file")
  code=0
  _moorage_shim_call agent run "$agent" --workspace "$workspace" --shell -- "$line" || code=$?
  # 125 is Moorage's own code, and may be the command's: then this run has written its result.
  if [ "$code" -eq 125 ]; then
    if [ "$(_moorage_shim_field run_id "$file")" = "$before" ] || [ "$(_moorage_shim_field exit_code "$file")" != 125 ]; then
      code=1
    fi
  fi
  exit "$code"
)

# Once at the start: engine, permissions, image, network. Sets DOCKER_MODE to what is true, and SIMULATION_MODE to
# false: what cannot run is refused, never simulated. 0 or 1.
bootstrap_docker_init() {
  DOCKER_MODE=false
  # Read by the pipelines that source this file.
  # shellcheck disable=SC2034
  SIMULATION_MODE=false
  docker_check_availability || {
    _moorage_shim_say "warning: agents cannot be run; nothing will be simulated."
    return 1
  }
  if [ "${MOORAGE_ENGINE:-docker}" = docker ]; then
    docker_init_image >/dev/null || return 1
  fi
  _moorage_shim_network || return 1
  # shellcheck disable=SC2034
  [ "${MOORAGE_ENGINE:-docker}" != docker ] || DOCKER_MODE=true
}

# bootstrap_docker_execute AGENT_ID WORKSPACE COMMAND. docker_spawn_agent with a line before and after on stderr, the
# last of which names the receipt. Its code is the agent's.
bootstrap_docker_execute() (
  _moorage_shim_say "agent ${1-}: started in ${2-}"
  code=0
  docker_spawn_agent "$@" || code=$?
  receipt=$(_moorage_shim_field receipt_id "${2-}/.docker-result-${1-}")
  _moorage_shim_say "agent ${1-}: ended with $code${receipt:+, receipt $receipt}"
  exit "$code"
)

# Looks at all that agents need, by running a job, and prints what it finds. 0 when nothing is wrong.
docker_health_check() {
  _moorage_shim_found || return 1
  _moorage_shim_call doctor --preflight || return 1
}

# The runs that go on, agents' among them, then the sandboxes that are there.
docker_view_containers() {
  _moorage_shim_found || return 1
  _moorage_shim_call runs ls --status running || return 1
  _moorage_shim_call sandbox ls || return 1
}

# docker_view_network [NAME]. How the network is made, and who is in it.
docker_view_network() {
  [ -n "${1:-${DOCKER_NETWORK-}}" ] || {
    _moorage_shim_say "error: docker_view_network: expected a network's name."
    return 1
  }
  _moorage_shim_found || return 1
  _moorage_shim_call network inspect "${1:-${DOCKER_NETWORK-}}" || return 1
}

# Removes what ended runs left behind, of this Moorage alone.
docker_cleanup() {
  _moorage_shim_found || return 1
  _moorage_shim_call cleanup || return 1
}
