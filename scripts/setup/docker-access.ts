import { userInfo } from "node:os";

import { askYes, circumstances, decideConsent, type Command } from "./consent.ts";
import { hasProgram } from "./packages.ts";
import { runOrThrow } from "./run-program.ts";
import type { Say } from "./say.ts";

export interface AccessOptions {
  command: Command;
  say: Say;
  signal: AbortSignal;
}

/** Set for the process that was started again as a member of the group, so that it happens once. */
const REENTERED = "MOORAGE_IN_DOCKER_GROUP";

/**
 * Gives this user access to an engine whose socket belongs to the group docker. The membership counts only for
 * processes that are started afterwards: the result is the command that starts this script again, undefined where
 * access cannot be given.
 */
export async function joinDockerGroup(options: AccessOptions): Promise<[string, ...string[]] | undefined> {
  const { say } = options;
  const user = userInfo().username;
  const advice = `run: sudo usermod -aG docker ${user}, and log in again`;
  if (process.env[REENTERED] !== undefined || !(await hasProgram("sudo"))) {
    say.fail("this user may not talk to the Docker Engine that listens here", advice);
    return undefined;
  }
  if (!(await hasConsent(user, options))) {
    say.fail("this user may not talk to the Docker Engine; nothing is changed without a yes", advice);
    return undefined;
  }
  await runOrThrow(["sudo", "usermod", "-aG", "docker", user], { deadlineMs: 60_000, interactive: true });
  say.ok(`${user} is a member of the group docker now`);
  return reenterCommand(user, [process.execPath, ...process.argv.slice(1)]);
}

/** sudo reads the groups of the user anew, also when it is the same user. */
function reenterCommand(user: string, argv: readonly string[]): [string, ...string[]] {
  const settings = [`PATH=${process.env["PATH"] ?? ""}`, `${REENTERED}=1`];
  return ["sudo", "--preserve-env", "-u", user, "--", "env", ...settings, ...argv];
}

async function hasConsent(user: string, { command, signal }: AccessOptions): Promise<boolean> {
  const decision = decideConsent(command, circumstances(process.env));
  if (decision !== "ask") return decision === "go";
  return askYes(`Docker Engine belongs to the group docker (which is as good as root). Add ${user} to it?`, signal);
}
