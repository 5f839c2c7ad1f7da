import { z } from "zod";
import { page } from "../../contracts/primitives.ts";
import { Sandbox, SandboxOutput } from "../../contracts/sandbox.ts";
import { keyValues } from "../output/key-values.ts";
import { table } from "../output/table.ts";
import { commandCell, durationCell, limitsCell, NOTHING, timeCell } from "./cells.ts";
import { isFiltered, view, type Shown } from "./view.ts";

export const sandboxCreated = view(Sandbox, (sandbox) => {
  const { id, name, state, engine, image } = sandbox;
  if (state === "stopped") return { out: `${id}\n`, ...endedAtOnce(sandbox) };
  const next = `Next: moorage sandbox exec ${name ?? id} -- COMMAND`;
  return {
    out: `${id}\n`,
    success: `Sandbox ${name ?? id} is ${state} (${image ?? "no image"}, ${engine}). ${next}`,
  };
});

export const sandboxStarted = view(Sandbox, (sandbox) => {
  const { id, name, state } = sandbox;
  return state === "running" ? { success: `Sandbox ${name ?? id} is running.` } : endedAtOnce(sandbox);
});

/** Of a sandbox whose main process was started, and has ended by now. */
function endedAtOnce({ id, name, state, reason }: z.output<typeof Sandbox>): Shown {
  return {
    warning: `sandbox ${name ?? id} is ${state}: ${reason ?? "nobody knows why."}`,
    note: `all that it printed: \`moorage sandbox output ${name ?? id}\``,
  };
}

/** What the main process has printed, as it has printed it. */
export const sandboxOutput = view(SandboxOutput, ({ stdout, stderr, next, gap }, _layout, { after }) => ({
  out: stdout,
  err: stderr,
  ...(after === undefined || next === null ? {} : { note: outputNote(next, gap) }),
}));

function outputNote(next: string, gap: boolean): string {
  return `${gap ? "what came before is no longer kept; " : ""}go on with --after ${next}`;
}

export const sandboxChanged = view(Sandbox, ({ id, name, state }) => ({
  success: `Sandbox ${name ?? id} is ${state}.`,
}));

export const sandboxRenewed = view(Sandbox, ({ id, name, expiresAt }) => ({
  success: `Sandbox ${name ?? id} lives until ${expiresAt === null ? "it is removed" : timeCell(expiresAt)}.`,
}));

const FILTERS = ["state", "label", "namePrefix", "image"];

export const sandboxList = view(page(Sandbox), ({ items }, layout, asked) => {
  if (items.length === 0) {
    return isFiltered(asked, FILTERS)
      ? { note: "no sandbox matches the filter; `moorage sandbox ls` alone lists all." }
      : { note: "no sandboxes yet; make one with `moorage sandbox create`." };
  }
  const columns = [
    { header: "ID", whole: true },
    { header: "NAME" },
    { header: "STATE", whole: true },
    { header: "IMAGE" },
    { header: "ENGINE" },
    { header: "CREATED" },
  ];
  const rows = items.map(({ id, name, state, image, engine, createdAt }) => [
    id,
    name ?? NOTHING,
    state,
    image ?? NOTHING,
    engine,
    timeCell(createdAt),
  ]);
  return { out: table(columns, rows, layout) };
});

export const sandboxDetails = view(Sandbox, (sandbox, layout) => ({
  out: keyValues(
    [
      ["Id", sandbox.id],
      ["Name", sandbox.name ?? NOTHING],
      ["Conversation", sandbox.conversationId ?? NOTHING],
      ["Owner", sandbox.owner],
      ["State", stateCell(sandbox)],
      ["Image", sandbox.image ?? NOTHING],
      ["Digest", sandbox.imageDigest ?? NOTHING],
      ...originLines(sandbox),
      ["Dependencies", dependenciesCell(sandbox)],
      ["Engine", `${sandbox.engine} (isolation: ${sandbox.isolation})`],
      ["Main process", mainCell(sandbox)],
      ["Readiness", readinessCell(sandbox)],
      ["Profile", sandbox.profile],
      ["Limits", limitsCell(sandbox.limits)],
      ["Network", sandbox.network],
      ...portLines(sandbox.ports),
      ["Runtime", sandbox.runtime ?? "the engine's default"],
      ["Workspace", workspaceCell(sandbox)],
      ...labelLines(sandbox.labels),
      ["Idle timeout", sandbox.idleTimeoutMs === 0 ? "never" : durationCell(sandbox.idleTimeoutMs)],
      ["Expires", sandbox.expiresAt === null ? "never" : timeCell(sandbox.expiresAt)],
      ["Created", timeCell(sandbox.createdAt)],
      ["Last active", timeCell(sandbox.lastActiveAt)],
    ],
    layout,
  ),
}));

/** "/workspace, directory /home/me/project as 1000:1000". */
function workspaceCell({ workspace, volume, hostDirectory }: z.output<typeof Sandbox>): string {
  if (volume !== null) return `${workspace}, volume ${volume}`;
  if (hostDirectory === null) return workspace;
  const { path, user, lent } = hostDirectory;
  const as = user === null ? "" : ` as ${user}${lent ? ", lent by root" : ""}`;
  return `${workspace}, directory ${path}${as}`;
}

function originLines({ snapshot, forkOf }: z.output<typeof Sandbox>): [string, string][] {
  const lines: [string, string | null][] = [
    ["Snapshot", snapshot],
    ["Fork of", forkOf],
  ];
  return lines.flatMap(([label, id]): [string, string][] => (id === null ? [] : [[label, id]]));
}

function portLines(ports: z.output<typeof Sandbox>["ports"]): [string, string][] {
  const texts = ports.map(({ port, hostPort, protocol }) => `127.0.0.1:${hostPort} -> ${port}/${protocol}`);
  return texts.length === 0 ? [] : [["Ports", texts.join(", ")]];
}

function labelLines(labels: z.output<typeof Sandbox>["labels"]): [string, string][] {
  const texts = Object.entries(labels).map(([key, value]) => `${key}=${value}`);
  return texts.length === 0 ? [] : [["Labels", texts.join(", ")]];
}

/** "paused by its owner since 2026-01-02 03:04:05Z: The reason." */
function stateCell({ state, stateSince, pausedBy, reason }: z.output<typeof Sandbox>): string {
  // What ended on the engine by itself, nobody has stopped.
  const by =
    pausedBy === null || (state === "stopped" && pausedBy === "engine")
      ? ""
      : ` by ${{ owner: "its owner", idle: "Moorage, being idle", engine: "the engine" }[pausedBy]}`;
  return `${state}${by} since ${timeCell(stateSince)}${reason === null ? "" : `: ${reason}`}`;
}

/** What create runs in it; runs come beside it. */
function mainCell({ command, useImageCommand }: z.output<typeof Sandbox>): string {
  if (command !== null) return commandCell(command);
  return useImageCommand ? "the image's own command" : "none of its own";
}

/** As `--ready` takes it, where it can be written so. */
function readinessCell({ readiness }: z.output<typeof Sandbox>): string {
  if (readiness === null) return NOTHING;
  const { port, http, log, command = [] } = readiness;
  if (port !== undefined) return `port:${port}`;
  if (log !== undefined) return `log:${log}`;
  if (http === undefined) return `command: ${commandCell(command)}`;
  return `http:${http.port}${http.path ?? "/"}${http.status === undefined ? "" : `, status ${http.status}`}`;
}

function dependenciesCell({ packageManager, dependencies }: z.output<typeof Sandbox>): string {
  return packageManager === null ? NOTHING : `${dependencies.join(", ")} (${packageManager})`;
}

export const sandboxRemoved = view(z.object({ id: z.string() }), ({ id }) => ({ success: `Removed sandbox ${id}.` }));
