import { throwIfCanceled } from "../../../base/deadline.ts";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import type { Logger } from "../../../base/logger.ts";
import type { UnitSpec } from "../../engine.ts";
import { refuseOversizeUnit } from "../../refuse-oversize.ts";
import type { UnitLabels } from "../../unit-labels.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { ContainerReply, CreatedReply } from "../api/replies.ts";
import { inDialect } from "./container-dialect.ts";
import { endpointName, isRemote } from "../endpoint/endpoint.ts";
import { throughProxy } from "../network/proxy-environment.ts";
import type { Bridge } from "../network/bridge.ts";
import type { SharedBridges } from "../network/named-networks.ts";
import type { UnitNetworks } from "../network/unit-networks.ts";
import { containerSpec, unitName, type MainProcess } from "./container-spec.ts";
import { handOverVolume } from "./hand-over.ts";
import { refuseWithoutLimits } from "./limit-check.ts";
import type { SeccompFile } from "./seccomp-file.ts";
import { resolveUser } from "./unit-user.ts";
import type { Units } from "./units.ts";

export type UnitContext = {
  readonly api: EngineApi;
  readonly labels: UnitLabels;
  readonly units: Units;
  readonly networks: UnitNetworks;
  readonly named: SharedBridges;
  readonly seccomp: SeccompFile;
  readonly logger: Logger;
};

export type WantedUnit = {
  readonly spec: UnitSpec;
  readonly main: MainProcess;
  readonly signal: AbortSignal | undefined;
};

/**
 * Creates the container of a unit, lets `begin` start it, and removes it again when that fails. Requests that make
 * something are not cut off by the caller's signal, since an engine finishes them all the same, unseen: the signal is
 * looked at between the steps.
 */
export async function createUnit<T>(
  context: UnitContext,
  wanted: WantedUnit,
  begin: (containerId: string) => Promise<T>,
): Promise<T> {
  const { spec, signal } = wanted;
  throwIfCanceled(signal);
  refuseOversizeUnit(spec);
  refuseFarDirectory(context.api, spec);
  await refuseWithoutLimits(context.api);
  let anothers = false;
  try {
    const proxied = { ...wanted, spec: throughProxy(spec, await bridgeOf(context, spec)) };
    const containerId = await createContainer(context, proxied).catch((error: unknown) => {
      anothers = isMoorageError(error) && error.code === "CONFLICT";
      throw error;
    });
    throwIfCanceled(signal);
    if (spec.workspace.type === "volume" || spec.workspace.type === "named")
      await giveWorkspace(context.api, containerId, spec);
    throwIfCanceled(signal);
    const begun = await begin(containerId);
    throwIfCanceled(signal);
    return begun;
  } catch (error) {
    // A name that is taken is another unit's.
    if (!anothers) await removeAgain(context, spec.id);
    throw error;
  }
}

/** Makes the unit's own bridge, closed; the one of a named network is there already. */
async function bridgeOf({ networks, named }: UnitContext, spec: UnitSpec): Promise<Bridge | undefined> {
  const { id, kind, network, membership } = spec;
  if (network === "none") return undefined;
  if (network !== "named") return networks.ensure({ id, kind, network });
  if (membership === undefined) throw new MoorageError("INVALID_INPUT", "The policy named needs a named network.");
  await named.enter(membership.network);
  return undefined;
}

/** A directory of this machine is not there on another one; one of the same name would be somebody else's. */
function refuseFarDirectory({ endpoint }: EngineApi, { workspace }: UnitSpec): void {
  if (workspace.type !== "host" || !isRemote(endpoint)) return;
  const message = `The engine at ${endpointName(endpoint)} is on another machine, where ${workspace.path} is not this directory.`;
  throw new MoorageError("ENGINE_UNSUPPORTED", message, {
    hint: "Leave the workspace out and copy files with `moorage sandbox cp`, or use an engine of this machine.",
  });
}

async function createContainer({ api, labels, seccomp }: UnitContext, { spec, main }: WantedUnit): Promise<string> {
  const surroundings = { traits: await api.traits(), seccompFile: seccomp.path };
  const json = await inDialect(containerSpec(spec, labels.sign(spec), main), surroundings);
  const query = { name: unitName(spec.id) };
  const created = await api.json({ method: "POST", path: "/containers/create", query, json }, CreatedReply);
  const weaker = (created.Warnings ?? []).filter((warning) => /discarded/i.test(warning) && !/swap/i.test(warning));
  if (weaker.length === 0) return created.Id;
  throw new MoorageError("ENGINE_UNSUPPORTED", `This engine cannot enforce the limits: ${weaker.join(" ")}`, {
    hint: "Run `moorage doctor`: it names the control groups that are missing.",
  });
}

async function giveWorkspace(api: EngineApi, containerId: string, spec: UnitSpec): Promise<void> {
  const user = spec.user ?? (await configuredUser(api, containerId));
  if (user.uid !== 0) await handOverVolume(api, containerId, user);
}

async function configuredUser(api: EngineApi, containerId: string) {
  const container = await api.json({ method: "GET", path: `/containers/${containerId}/json` }, ContainerReply);
  return resolveUser(api, containerId, container.Config.User);
}

async function removeAgain({ units, logger }: UnitContext, id: string): Promise<void> {
  try {
    await units.remove(id);
  } catch (error) {
    logger.warn({ err: error, unit: id }, "a unit that could not be started could not be removed either");
  }
}
