import { DESCRIPTORS } from "./descriptors.ts";
import { BEGIN, LAUNCH_AS_ROOT, LAUNCH_AS_USER } from "./launcher-scripts.ts";
import type { ProcessHost } from "../host/process-host.ts";

/** Who runs what, where. */
export type LaunchTarget = {
  readonly host: ProcessHost;
  /** Whom it runs as on the host, where Moorage is root; never 0. */
  readonly user: { readonly uid: number; readonly gid: number };
  readonly unitDirectory: string;
  /** Directory of the host to be seen as the unit's workspace. */
  readonly hostWorkspace?: string;
  /** `cgroup.procs` files of the groups to enter. */
  readonly entrances: readonly string[];
  /** Options of prlimit. */
  readonly resourceLimits: readonly string[];
  /** Processes of the run, where no control group counts them. */
  readonly processLimit?: number;
  /** Shown in the host's list of processes. */
  readonly label: string;
  readonly cwd: string;
  readonly command: readonly string[];
};

/** Under which path bubblewrap finds the unit's directory: as root it is shown at a place that every user can reach. */
export function unitView(host: ProcessHost, unitDirectory: string): string {
  return host.programs.asRoot === undefined ? unitDirectory : host.mountPoint;
}

/** The whole command line, from the first program to the last argument. Each program becomes the next. */
export function launchCommand(target: LaunchTarget): readonly string[] {
  const { host, resourceLimits } = target;
  const { programs } = host;
  return [
    ...entering(target),
    programs.prlimit,
    ...resourceLimits,
    "--",
    ...becomingUser(target),
    programs.bwrap,
    ...["--args", String(DESCRIPTORS.arguments), "--", "/bin/sh", "-c", BEGIN, target.label],
    ...[target.cwd, String(target.processLimit ?? ""), programs.prlimit, ...target.command],
  ];
}

function entering({ host, unitDirectory, hostWorkspace, entrances }: LaunchTarget): readonly string[] {
  const { programs } = host;
  if (programs.asRoot === undefined) return [programs.sh, "-c", LAUNCH_AS_USER, "moorage", ...entrances, "--"];
  return [
    programs.asRoot.unshare,
    ...["--mount", "--propagation", "private", "--", programs.sh, "-c", LAUNCH_AS_ROOT, "moorage"],
    ...[unitDirectory, hostWorkspace ?? "", host.mountPoint, programs.asRoot.mount, ...entrances, "--"],
  ];
}

function becomingUser({ host, user }: LaunchTarget): readonly string[] {
  const { asRoot } = host.programs;
  if (asRoot === undefined) return [];
  const ids = [`--reuid=${user.uid}`, `--regid=${user.gid}`, "--clear-groups", "--no-new-privs", "--"];
  return [asRoot.setpriv, ...ids];
}
