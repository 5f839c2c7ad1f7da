import { join } from "node:path";
import { bubblewrapArguments, fileArguments, type Place } from "../launch/bubblewrap-arguments.ts";
import { unitView } from "../launch/launch-command.ts";
import type { ProcessHost } from "../host/process-host.ts";
import type { Unit } from "./unit-store.ts";

/** Arguments of bubblewrap for a program of this unit. */
export function unitArguments(host: ProcessHost, unit: Unit, env: Readonly<Record<string, string>>): readonly string[] {
  const { record } = unit;
  const view = unitView(host, unit.directory);
  // What is in memory is counted as the run's own; half of its limit is the most that each place can take of it.
  const scratch: Place = { memoryBytes: Math.ceil(record.limits.memoryBytes / 2) };
  const kept = (name: string): Place => (record.writableRoot ? { directory: join(view, name) } : scratch);
  return bubblewrapArguments({
    system: host.system,
    canDisableUserNamespaces: host.canDisableUserNamespaces,
    ...(record.mappedUser === undefined ? {} : { mappedUser: record.mappedUser }),
    hostname: unit.id,
    etc: join(view, "etc"),
    workspace: memoryOfJob(unit) ?? { directory: workspaceView(host, unit) },
    home: kept("home"),
    temporary: kept("tmp"),
    memoryBytes: record.limits.memoryBytes,
    env: { ...record.env, ...env },
  });
}

/** Arguments of bubblewrap for a program that works on this unit's files, or on the tree that is shown instead. */
export function unitFileArguments(host: ProcessHost, unit: Unit, shown?: string): readonly string[] {
  const { mappedUser } = unit.record;
  return fileArguments({
    system: host.system,
    canDisableUserNamespaces: host.canDisableUserNamespaces,
    ...(mappedUser === undefined ? {} : { mappedUser }),
    workspace: shown ?? workspaceView(host, unit),
  });
}

/** A job's workspace in memory is of its only run, and gone with it. */
export function memoryOfJob({ kind, record }: Unit): { readonly memoryBytes: number } | undefined {
  const { workspace } = record;
  return kind === "job" && workspace.type === "memory" ? { memoryBytes: workspace.sizeBytes } : undefined;
}

/** As root a workspace of the host is shown in the unit's directory; as an ordinary user it can be reached anyway. */
function workspaceView(host: ProcessHost, { directory, record }: Unit): string {
  const { workspace } = record;
  if (workspace.type === "host" && host.programs.asRoot === undefined) return workspace.path;
  return join(unitView(host, directory), "workspace");
}
