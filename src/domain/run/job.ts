import { newId } from "../../base/ids.ts";
import type { JobRun, ProfileName, RunEvent } from "../../contracts/types.ts";
import type { ImageInfo, JobSpec, Membership } from "../../engine/engine.ts";
import type { RunKind } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { refuseWithoutRoom } from "../disk/machine-room.ts";
import { openEgress } from "../network/egress.ts";
import { joinNetwork } from "../network/named-networks.ts";
import { PROFILES, resolveLimits } from "../profiles.ts";
import { resolveImage } from "../sandbox/images.ts";
import { resolveRuntime } from "../sandbox/runtime.ts";
import { policyOf, resolveNetwork } from "../sandbox/network.ts";
import { WORKSPACE } from "../sandbox/sandbox-view.ts";
import { confirmWorkspace, jobWorkspace, type JobWorkspace } from "../workspace/job-workspace.ts";
import { lend, takeBack, type Loan } from "../workspace/ownership.ts";
import { treeHash } from "../workspace/tree-hash.ts";
import { conductRun, type Prepare } from "./run-conductor.ts";
import type { Finished, FoundEnd, RunPlan } from "./run-plan.ts";
import { stdinOf } from "./stdin.ts";

const HOST_NAME = /^[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?$/;

/** What a job may have besides what its caller asked for. */
export type JobKind = {
  readonly kind: RunKind & ("job" | "agent");
  readonly agentId: string | null;
  /** Of a job in a batch. */
  readonly name: string | undefined;
  readonly image: (tell: (message: string) => void, signal: AbortSignal) => Promise<ImageInfo | undefined>;
};

/** A one-shot run in a unit of its own, removed when it has ended. */
export function runJob(call: Call, input: JobRun, name?: string): AsyncIterable<RunEvent> {
  return conductRun(call, prepareJob(call, input, { ...plainJob(call, input), name }));
}

function plainJob(call: Call, input: JobRun): Omit<JobKind, "name"> {
  const wanted = { asked: input.image, byDefault: call.context.policy.defaultImage };
  return {
    kind: "job",
    agentId: null,
    image: (onProgress, signal) => resolveImage(call, wanted, { signal, onProgress }),
  };
}

export function prepareJob(call: Call, input: JobRun, job: JobKind): Prepare {
  const { context, principal } = call;
  return async (tell, signal) => {
    const profile = input.profile ?? "job";
    const limits = resolveLimits(profile, input, context.policy.maxima);
    await refuseWithoutRoom(context);
    const network = await resolveNetwork(context, input.network, signal);
    const runtime = await resolveRuntime(context, input.runtime, signal);
    const stdin = stdinOf(input);
    const workspace = await jobWorkspace(context, input.workspace);
    const image = await job.image((message) => void tell({ type: "progress", message }), signal);
    const ids = { unitId: newId(), runId: newId() };
    const joined = await joinNetwork(call, network);
    const spec = jobSpec({
      unitId: ids.unitId,
      input,
      profile,
      limits,
      network,
      membership: joined === undefined ? undefined : { network: joined, names: jobNames(job) },
      runtime,
      workspace,
      image,
      stdin: stdin.source,
    });
    let loan: Loan | undefined;
    return {
      kind: job.kind,
      runId: ids.runId,
      sandboxId: ids.unitId,
      agentId: job.agentId,
      command: input.command,
      image: image?.reference ?? null,
      imageDigest: image?.digest ?? null,
      profile,
      limits,
      network,
      runtime: runtime ?? null,
      workspacePath: workspace.path,
      workspaceHandedOver: workspace.handedOver,
      workspaceBefore: workspace.hashBefore,
      stdin: stdin.feed,
      start: async (starting) => {
        await confirmWorkspace(context, workspace);
        if (workspace.handedOver && workspace.path !== null) loan = await lend(workspace.path);
        await openEgress(context, { id: ids.unitId, kind: "job", owner: principal.owner, network }, starting);
        return context.engine.startJob(spec, starting);
      },
      endUnseen: () => endUnseen(context, ids.unitId),
      extent: () => `the whole process tree in ${placeOf(context, ids.unitId)} was ended`,
      finish: () => finishJob(workspace, loan),
      dispose: async () => {
        await context.engine.remove(ids.unitId);
        await context.egress.close(ids.unitId);
      },
    } satisfies RunPlan;
  };
}

/** Its container goes before its record is there: while it runs, its workspace changes. */
async function endUnseen({ engine }: DomainContext, id: string): Promise<FoundEnd> {
  const unit = await engine.inspect(id);
  const lived = unit !== undefined && unit.state !== "exited";
  if (lived) await engine.remove(id);
  return { lived, unitStopped: lived };
}

function placeOf({ engine }: DomainContext, id: string): string {
  return engine.isolation === "container" ? `container moorage-${id}` : `sandbox ${id}`;
}

type SpecParts = {
  readonly unitId: string;
  readonly input: JobRun;
  readonly profile: ProfileName;
  readonly limits: RunPlan["limits"];
  readonly runtime: string | undefined;
  readonly network: string;
  readonly membership: Membership | undefined;
  readonly workspace: JobWorkspace;
  readonly image: ImageInfo | undefined;
  readonly stdin: JobSpec["stdin"];
};

/** By which others in its network find it, as far as they can be a host's name. */
function jobNames({ agentId, name }: JobKind): readonly string[] {
  return [agentId ?? "", name ?? ""].filter((each) => HOST_NAME.test(each));
}

function jobSpec(parts: SpecParts): JobSpec {
  const { unitId, input, profile, limits, network, membership, runtime, workspace, image, stdin } = parts;
  const { writableRoot, capabilities } = PROFILES[profile];
  // Only the job profile replaces the image's user: the others promise it.
  const user = profile === "job" ? workspace.user : undefined;
  return {
    id: unitId,
    kind: "job",
    ...(image === undefined ? {} : { image: image.reference }),
    ...(user === undefined ? {} : { user }),
    env: input.env ?? {},
    workspace: workspace.mount,
    limits,
    writableRoot,
    capabilities,
    ...(runtime === undefined ? {} : { runtime }),
    network: policyOf(network),
    ...(membership === undefined ? {} : { membership }),
    command: input.command,
    cwd: WORKSPACE,
    ...(stdin === undefined ? {} : { stdin }),
    deadlineMs: limits.timeoutMs,
  };
}

async function finishJob({ path }: JobWorkspace, loan: Loan | undefined): Promise<Finished> {
  if (path === null) return { workspaceAfter: null, warnings: [] };
  const left = loan === undefined ? undefined : await takeBack(loan);
  return { workspaceAfter: await treeHash(path), warnings: left === undefined ? [] : [left] };
}
