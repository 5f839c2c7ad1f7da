import { isoTime } from "../../base/clock.ts";
import { newId } from "../../base/ids.ts";
import type { SandboxCreate } from "../../contracts/types.ts";
import type { SandboxRow, SnapshotRow } from "../../store/store.ts";
import type { Call } from "../context.ts";
import { refuseWithoutRoom } from "../disk/machine-room.ts";
import { resolveLimits } from "../profiles.ts";
import { joinNetwork } from "../network/named-networks.ts";
import { resolveNetwork } from "./network.ts";
import { networkFor, planPorts } from "./plan-ports.ts";
import { planVolume } from "../volume/volumes.ts";
import { planDirectory } from "../workspace/sandbox-directory.ts";
import { planMain } from "./plan-main.ts";
import { planImage } from "./plan-image.ts";
import { planSnapshot } from "./plan-snapshot.ts";
import { resolveRuntime } from "./runtime.ts";
import { planLife } from "./plan-life.ts";

/**
 * The sandbox that was asked for, before anything exists on the engine: whatever is refused is refused here. What needs
 * more than a line is planned in a file of its own, `plan-….ts`.
 */
export async function planSandbox(call: Call, input: SandboxCreate, snapshot?: SnapshotRow): Promise<SandboxRow> {
  const { context, principal } = call;
  const profile = input.profile ?? "sandbox";
  const limits = resolveLimits(profile, input, context.policy.maxima);
  await refuseWithoutRoom(context);
  const network = await resolveNetwork(context, networkFor(input), call.signal);
  const runtime = await resolveRuntime(context, input.runtime, call.signal);
  return {
    id: newId(),
    owner: principal.owner,
    name: input.name ?? null,
    conversationId: input.conversationId ?? null,
    ...(await planMain(context, input)),
    volume: await planVolume(call, input),
    directory: await planDirectory(context, input),
    ports: await planPorts(context, input.ports),
    ...(snapshot === undefined ? await planImage(call, input) : await planSnapshot(call, input, snapshot)),
    env: input.env ?? {},
    profile,
    limits,
    diskOverBytes: null,
    network,
    networkId: (await joinNetwork(call, network)) ?? null,
    runtime: runtime ?? null,
    engine: context.engine.name,
    isolation: context.engine.isolation,
    createdAt: isoTime(context.clock.now()),
    // Last, since an image may have been pulled meanwhile.
    ...planLife(context, input, context.timers.now()),
    holder: context.holders.self,
  };
}
