import { MoorageError } from "../../../base/errors.ts";
import { WORKSPACE_MOVED } from "./launcher-scripts.ts";

const NO_NAMESPACES =
  /namespace.*(not permitted|exceeded|permission denied|no space left|invalid argument)|no permissions to create|uid map|gid map|RTM_NEW|mounting proc|mount proc/i;
const NO_PROCESSES = /resource temporarily unavailable|cannot fork/i;

/** Why a program did not start, from what the launcher complained about. */
export function startError(complaints: string, endedBy: string | null, hostWorkspace?: string): MoorageError {
  const text = complaints.trim();
  const details = { complaints: text };
  if (text.includes(WORKSPACE_MOVED)) {
    return new MoorageError("WORKSPACE_NOT_FOUND", `The workspace ${hostWorkspace} is no directory, or was moved.`, {
      details,
    });
  }
  if (NO_PROCESSES.test(text)) {
    return new MoorageError("LIMIT_EXCEEDED", "The sandbox has as many processes as its limit allows.", {
      hint: "End a run of it first, or create it with a higher limit of processes.",
      details,
    });
  }
  if (NO_NAMESPACES.test(text)) return namespacesForbidden(text);
  if (text === "" && endedBy === "SIGKILL") {
    return new MoorageError("LIMIT_EXCEEDED", "The program was ended before it began, most likely for memory.", {
      hint: "Ask for more memory, or end another run of the sandbox.",
    });
  }
  const last = text.split("\n").at(-1) ?? "";
  return new MoorageError("ENGINE_FAILED", `bubblewrap could not start the program: ${last || "it said nothing"}.`, {
    details,
  });
}

const NAMESPACES_HINT =
  "Allow them for ordinary users: `sysctl -w kernel.unprivileged_userns_clone=1` (Debian 10 and older), " +
  "`sysctl -w kernel.apparmor_restrict_unprivileged_userns=0` (Ubuntu 23.10 and newer), " +
  "`sysctl -w user.max_user_namespaces=15000` (RHEL); in a container, use Docker on the host instead.";

function namespacesForbidden(text: string): MoorageError {
  const message = `This host does not let programs make namespaces (bubblewrap says: ${text.split("\n").at(-1)}).`;
  return new MoorageError("ENGINE_UNSUPPORTED", message, { hint: NAMESPACES_HINT, details: { complaints: text } });
}
