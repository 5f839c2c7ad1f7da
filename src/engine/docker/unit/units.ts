import { sleep, throwIfCanceled } from "../../../base/deadline.ts";
import type { UnitInfo, UnitState } from "../../engine.ts";
import { DEPLOYMENT_LABEL, type UnitIdentity, type UnitLabels } from "../../unit-labels.ts";
import { answerOf } from "../api/api-errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { ContainerListReply, ContainerReply, VolumeListReply, VolumeReply, WaitReply } from "../api/replies.ts";
import type { UnitNetworks } from "../network/unit-networks.ts";
import type { JobGroups } from "../run/job-groups.ts";
import { unitName } from "./container-spec.ts";

const REMOVE_MS = 30_000;
const STOP_MS = 15_000;
const LOOK_MS = 50;
const AT_A_TIME = 8;
/** What Docker writes for a time that has not come. */
const NO_TIME = "0001-01-01T00:00:00Z";

/** A container of this deployment, its signature checked. */
export type Unit = { readonly identity: UnitIdentity; readonly container: ContainerReply };

export type Units = {
  /** Undefined when there is none, or when what has its name is not ours. */
  readonly find: (id: string, signal?: AbortSignal) => Promise<Unit | undefined>;
  /** A unit of which an interrupted removal has left the storage or the network alone counts as exited. */
  readonly inspect: (id: string, signal?: AbortSignal) => Promise<UnitInfo | undefined>;
  readonly list: (signal?: AbortSignal) => Promise<readonly UnitInfo[]>;
  /** Lets go of all that waits for the container, kills it, and waits until it has ended. */
  readonly stop: (containerId: string) => Promise<void>;
  /** Removes the container, the network and the volume of a unit, where they are ours. */
  readonly remove: (id: string, signal?: AbortSignal) => Promise<void>;
};

type UnitsContext = {
  readonly api: EngineApi;
  readonly labels: UnitLabels;
  readonly networks: UnitNetworks;
  readonly jobGroups: JobGroups;
  /** Called before a container is stopped: what waits for its output, or in it, lets go. */
  readonly release: (containerId: string) => void;
};

export function createUnits({ api, labels, networks, jobGroups, release }: UnitsContext): Units {
  const find = async (id: string, signal?: AbortSignal): Promise<Unit | undefined> => {
    const container = await api.find(
      { method: "GET", path: `/containers/${unitName(id)}/json`, signal },
      ContainerReply,
    );
    if (container === undefined) return undefined;
    const identity = labels.verify(container.Config.Labels);
    return identity?.id === id ? { identity, container } : undefined;
  };
  const inspect = async (id: string, signal?: AbortSignal): Promise<UnitInfo | undefined> => {
    const unit = await find(id, signal);
    if (unit !== undefined) return unitInfo(unit);
    const remnant = (await findVolume({ api, labels, signal }, id)) ?? (await networks.find(id, signal));
    return remnant === undefined ? undefined : remnantInfo(remnant);
  };
  return {
    find,
    inspect,
    list: async (signal) => {
      const filters = JSON.stringify({ label: [`${DEPLOYMENT_LABEL}=${labels.deployment}`] });
      const query = { all: "1", filters };
      const containers = await api.json({ method: "GET", path: "/containers/json", query, signal }, ContainerListReply);
      const volumes = await api.json({ method: "GET", path: "/volumes", query: { filters }, signal }, VolumeListReply);
      const names = [
        ...containers.map((container) => ({ labels: container.Labels, names: container.Names })),
        ...(volumes.Volumes ?? []).map((volume) => ({ labels: volume.Labels, names: [`/${volume.Name}`] })),
      ];
      const ids = names.flatMap((one) => {
        const id = labels.verify(one.labels)?.id;
        return id !== undefined && one.names.includes(`/${unitName(id)}`) ? [id] : [];
      });
      const unused = (await networks.list(signal)).filter(({ inBuild }) => !inBuild);
      const remnants = unused.map((network) => network.identity.id);
      return inspectAll([...new Set([...ids, ...remnants])], (id) => inspect(id, signal));
    },
    stop: async (containerId) => {
      release(containerId);
      await stopContainer(api, containerId);
    },
    remove: async (id, signal) => {
      const unit = await find(id, signal);
      if (unit !== undefined) await removeContainer(api, unit.container.Id, signal);
      await jobGroups.remove(id);
      await networks.remove(id, signal);
      await removeVolume({ api, labels, signal }, id);
    },
  };
}

async function inspectAll(
  ids: readonly string[],
  inspect: (id: string) => Promise<UnitInfo | undefined>,
): Promise<readonly UnitInfo[]> {
  const queue = [...ids];
  const found: UnitInfo[] = [];
  const worker = async (): Promise<void> => {
    for (let id = queue.shift(); id !== undefined; id = queue.shift()) {
      const info = await inspect(id);
      if (info !== undefined) found.push(info);
    }
  };
  await Promise.all(Array.from({ length: AT_A_TIME }, worker));
  return found.toSorted((a, b) => a.createdAt - b.createdAt);
}

function unitInfo({ identity, container }: Unit): UnitInfo {
  const { State } = container;
  const state = stateOf(State.Status);
  const ended = state === "exited";
  return {
    id: identity.id,
    kind: identity.kind,
    state,
    exitCode: ended ? State.ExitCode : null,
    oomKilled: State.OOMKilled,
    createdAt: Date.parse(container.Created),
    startedAt: timeOf(State.StartedAt),
    finishedAt: ended ? timeOf(State.FinishedAt) : null,
  };
}

function stateOf(status: string): UnitState {
  if (status === "created" || status === "running" || status === "paused") return status;
  return status === "restarting" ? "running" : "exited";
}

function timeOf(text: string): number | null {
  return text === NO_TIME || text === "" ? null : Date.parse(text);
}

async function stopContainer(api: EngineApi, containerId: string): Promise<void> {
  const path = `/containers/${containerId}`;
  try {
    await api.send({ method: "POST", path: `${path}/kill`, query: { signal: "KILL" }, timeoutMs: STOP_MS });
  } catch (error) {
    // It has ended, or is gone, already.
    if (![404, 409].includes(answerOf(error)?.status ?? 0)) throw error;
  }
  const query = { condition: "not-running" };
  await api.find({ method: "POST", path: `${path}/wait`, query, timeoutMs: STOP_MS }, WaitReply);
}

/** Force-removes a container, with its own anonymous volumes, and returns when it is gone. */
async function removeContainer(api: EngineApi, containerId: string, signal?: AbortSignal): Promise<void> {
  const request = {
    method: "DELETE",
    path: `/containers/${containerId}`,
    query: { force: "1", v: "1" },
    signal,
  } as const;
  const begin = performance.now();
  for (;;) {
    throwIfCanceled(signal);
    try {
      return await api.send({ ...request, timeoutMs: REMOVE_MS });
    } catch (error) {
      const status = answerOf(error)?.status;
      if (status === 404) return;
      // 409: somebody else is removing it at this moment.
      if (status !== 409 || performance.now() - begin > REMOVE_MS) throw error;
    }
    await sleep(LOOK_MS, signal);
  }
}

/** What is left of a unit without its container. */
type Remnant = { readonly identity: UnitIdentity; readonly createdAt: number };
type VolumeContext = { readonly api: EngineApi; readonly labels: UnitLabels; readonly signal: AbortSignal | undefined };

async function findVolume(context: VolumeContext, id: string): Promise<Remnant | undefined> {
  const { api, labels, signal } = context;
  const volume = await api.find({ method: "GET", path: `/volumes/${unitName(id)}`, signal }, VolumeReply);
  const identity = volume === undefined ? undefined : labels.verify(volume.Labels);
  if (volume === undefined || identity?.id !== id) return undefined;
  return { identity, createdAt: Date.parse(volume.CreatedAt ?? "") || 0 };
}

async function removeVolume(context: VolumeContext, id: string): Promise<void> {
  if ((await findVolume(context, id)) === undefined) return;
  const { api, signal } = context;
  try {
    await api.send({ method: "DELETE", path: `/volumes/${unitName(id)}`, signal, timeoutMs: REMOVE_MS });
  } catch (error) {
    if (answerOf(error)?.status !== 404) throw error;
  }
}

function remnantInfo({ identity, createdAt }: Remnant): UnitInfo {
  const times = { createdAt, startedAt: null, finishedAt: null };
  return { id: identity.id, kind: identity.kind, state: "exited", exitCode: null, oomKilled: false, ...times };
}
