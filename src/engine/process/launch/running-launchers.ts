import { readdir, readFile } from "node:fs/promises";
import { DESCRIPTORS } from "./descriptors.ts";
import { identityOfToken, identityToken, type ProcessIdentity } from "../host/process-identity.ts";

/** A bubblewrap at work for a unit of anybody's. */
export type Launcher = { readonly pid: number; readonly unit: string; readonly owner: ProcessIdentity };

/** What a launcher carries on its command line. */
export function launchLabel(unit: string, owner: ProcessIdentity): string {
  return `moorage:${unit}:${identityToken(owner)}`;
}

/** Every launcher of this host. A program that passes for one gains nothing but to be ended together with its unit. */
export async function runningLaunchers(bwrap: string): Promise<readonly Launcher[]> {
  const beginning = [bwrap, "--args", String(DESCRIPTORS.arguments)];
  const pids = (await readdir("/proc")).filter((name) => /^\d+$/.test(name)).map(Number);
  const launchers = await Promise.all(
    pids.map(async (pid): Promise<readonly Launcher[]> => {
      const args = (await readFile(`/proc/${pid}/cmdline`, "utf8").catch(() => "")).split("\0");
      if (!beginning.every((part, index) => args[index] === part)) return [];
      const [, unit, token = ""] =
        /^moorage:([a-z0-9]+):(.+)$/.exec(args.find((each) => each.startsWith("moorage:")) ?? "") ?? [];
      const owner = identityOfToken(token);
      return unit === undefined || owner === undefined ? [] : [{ pid, unit, owner }];
    }),
  );
  return launchers.flat();
}
