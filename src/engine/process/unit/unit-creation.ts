import { realpath, stat } from "node:fs/promises";
import { MoorageError } from "../../../base/errors.ts";
import { ID_PATTERN } from "../../../base/ids.ts";
import type { JobSpec, UnitSpec } from "../../engine.ts";
import { refuseOversizeUnit } from "../../refuse-oversize.ts";
import type { UnitLabels } from "../../unit-labels.ts";
import type { EngineParts } from "../engine-parts.ts";
import type { ProcessHost } from "../host/process-host.ts";
import { unitRecord } from "./unit-record.ts";
import type { Unit } from "./unit-store.ts";

type Ids = { readonly uid: number; readonly gid: number };

/** Whom programs run as when nobody says: an id that no person or service of a host is given. */
const NOBODY_ELSE: Ids = { uid: 61_000, gid: 61_000 };

/** Makes the unit on disk. What this engine cannot do is refused here, never done in a weaker way. */
export async function createUnit(parts: EngineParts, labels: UnitLabels, spec: UnitSpec | JobSpec): Promise<Unit> {
  checkSpec(parts.host, spec);
  const { host } = parts;
  const asRoot = host.programs.asRoot !== undefined;
  const owner = await workspaceOwner(spec);
  const record = unitRecord(spec, {
    labels: labels.sign({ id: spec.id, kind: spec.kind }),
    user: asRoot ? (spec.user ?? owner ?? NOBODY_ELSE) : { uid: host.uid, gid: host.gid },
    ...(asRoot || spec.user === undefined ? {} : { mappedUser: spec.user }),
    owner: parts.identity,
    createdAt: Date.now(),
  });
  return parts.store.create(spec.id, record);
}

function checkSpec(host: ProcessHost, spec: UnitSpec | JobSpec): void {
  refuseOversizeUnit(spec);
  if (!ID_PATTERN.test(spec.id)) {
    throw new MoorageError("INVALID_INPUT", `${JSON.stringify(spec.id)} is no id of a sandbox.`);
  }
  if (spec.image !== undefined) {
    throw new MoorageError("ENGINE_UNSUPPORTED", `The process engine has no images; it cannot run ${spec.image}.`, {
      hint: "Leave out --image to use the programs of this host, or use Docker with --engine docker.",
    });
  }
  if (spec.runtime !== undefined) {
    throw new MoorageError("ENGINE_UNSUPPORTED", `The process engine has no runtimes; it cannot use ${spec.runtime}.`, {
      hint: "Leave out --runtime, or use Docker with --engine docker.",
    });
  }
  if (spec.network !== "none") {
    const message = `The network policy "${spec.network}" cannot be enforced by the process engine: it enforces none alone.`;
    throw new MoorageError("ENGINE_UNSUPPORTED", message, {
      hint: "Use --network none, or Docker with --engine docker.",
    });
  }
  if (spec.main !== undefined) {
    const message = "A sandbox of the process engine has no main process: each run is a process tree of its own.";
    throw new MoorageError("ENGINE_UNSUPPORTED", message, { hint: "Leave the command out, and start it as a run." });
  }
  if (spec.user !== undefined && (spec.user.uid === 0 || spec.user.gid === 0)) {
    throw new MoorageError("ENGINE_UNSUPPORTED", "The process engine never runs a program as root or in its group.", {
      hint: "Name another user, or none.",
    });
  }
  if (spec.workspace.type === "memory" && spec.kind === "sandbox" && host.programs.asRoot === undefined) {
    const message = "Without root the process engine cannot keep a sandbox's workspace in memory between its runs.";
    throw new MoorageError("ENGINE_UNSUPPORTED", message, { hint: "Use a workspace of the type volume." });
  }
}

/** Who has the host's directory that becomes the workspace; undefined for root, and for workspaces of our own. */
async function workspaceOwner({ workspace }: UnitSpec): Promise<Ids | undefined> {
  if (workspace.type !== "host") return undefined;
  const { path } = workspace;
  const [real, found] = await Promise.all([realpath(path), stat(path)]).catch((cause: unknown) => {
    throw new MoorageError("WORKSPACE_NOT_FOUND", `The workspace ${path} cannot be read.`, {
      cause,
      details: { path },
    });
  });
  if (real !== path || !found.isDirectory()) {
    throw new MoorageError("WORKSPACE_NOT_FOUND", `The workspace ${path} is no directory, or leads through a link.`, {
      details: { path },
    });
  }
  return found.uid === 0 || found.gid === 0 ? undefined : { uid: found.uid, gid: found.gid };
}
