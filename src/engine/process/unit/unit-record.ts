import { z } from "zod";
import { MoorageError } from "../../../base/errors.ts";
import type { JobSpec, UnitSpec } from "../../engine.ts";
import type { ProcessIdentity } from "../host/process-identity.ts";

const Ids = z.object({ uid: z.int().min(1), gid: z.int().min(0) });

/** `unit.json`: what every run of a unit needs, and who may call it theirs. */
export const UnitRecord = z.object({
  version: z.literal(1),
  /** Signed labels; the signature covers id, kind and deployment. */
  labels: z.record(z.string(), z.string()),
  /** Whom its programs run as on the host. */
  user: Ids,
  /** Whom they find themselves to be, where bubblewrap maps the user. */
  mappedUser: Ids.optional(),
  env: z.record(z.string(), z.string()),
  workspace: z.discriminatedUnion("type", [
    z.object({ type: z.literal("volume") }),
    z.object({ type: z.literal("host"), path: z.string() }),
    z.object({ type: z.literal("memory"), sizeBytes: z.number() }),
  ]),
  limits: z.object({ memoryBytes: z.number(), cpus: z.number(), pids: z.number() }),
  writableRoot: z.boolean(),
  createdAt: z.number(),
  /** The process that created it: a job ends with it. */
  owner: z.object({ pid: z.number(), startTicks: z.number(), boot: z.string() }),
});

export type UnitRecord = z.infer<typeof UnitRecord>;

/** `exit.json`: how a job ended. */
export const ExitRecord = z.object({
  exitCode: z.number().nullable(),
  oomKilled: z.boolean(),
  finishedAt: z.number(),
});

export type ExitRecord = z.infer<typeof ExitRecord>;

/** `held.json`: that a sandbox takes no runs, being stopped or paused. */
export const HoldRecord = z.object({ state: z.enum(["stopped", "paused"]), since: z.number() });

export type HoldRecord = z.infer<typeof HoldRecord>;

type RecordContext = {
  readonly labels: Readonly<Record<string, string>>;
  readonly user: { readonly uid: number; readonly gid: number };
  readonly mappedUser?: { readonly uid: number; readonly gid: number };
  readonly owner: ProcessIdentity;
  readonly createdAt: number;
};

function ownWorkspace({ workspace }: UnitSpec): UnitRecord["workspace"] {
  if (workspace.type !== "named") return workspace;
  throw new MoorageError("ENGINE_UNSUPPORTED", "The process engine has no volumes that outlive a sandbox.", {
    hint: "Use Docker with --engine docker, or copy files out with `moorage sandbox cp`.",
  });
}

export function unitRecord(spec: UnitSpec | JobSpec, context: RecordContext): UnitRecord {
  return {
    version: 1,
    ...context,
    labels: { ...spec.labels, ...context.labels },
    env: { ...spec.env },
    workspace: ownWorkspace(spec),
    limits: { ...spec.limits },
    writableRoot: spec.writableRoot,
  };
}
