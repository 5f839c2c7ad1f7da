import type { Logger } from "../../base/logger.ts";
import type { Engine } from "../engine.ts";
import { DEPLOYMENT_LABEL, type UnitLabels } from "../unit-labels.ts";
import type { DockerEndpoint } from "./endpoint/endpoint.ts";
import { createEngineApi, type EngineApi } from "./api/engine-api.ts";
import { InfoReply } from "./api/replies.ts";
import { engineWarnings, runtimeNames } from "./diagnose/describe-host.ts";
import { diagnoseEngine } from "./diagnose/diagnose.ts";
import { createUnitFiles } from "./file/files.ts";
import { createImageStore } from "./image/images.ts";
import { createEnforcer } from "./network/enforcer.ts";
import { createNamedNetworks } from "./network/named-networks.ts";
import { createEngineNetworks } from "./network/engine-networks.ts";
import { createUnitNetworks } from "./network/unit-networks.ts";
import { createEngineEvents } from "./run/engine-events.ts";
import { createJobGroups } from "./run/job-groups.ts";
import { createLiveOutputs } from "./run/live-outputs.ts";
import { createRunMethods } from "./run/run-methods.ts";
import { createWarmRuns } from "./run/warm/warm-runs.ts";
import { createSnapshots } from "./snapshot/snapshots.ts";
import { createLifecycle } from "./unit/lifecycle.ts";
import { startSandbox } from "./unit/sandbox.ts";
import { createSeccompFile } from "./unit/seccomp-file.ts";
import { createStartGate } from "./unit/start-gate.ts";
import { createMeasuring } from "./unit/unit-samples.ts";
import { createUnitPorts } from "./unit/unit-ports.ts";
import { createVolumes } from "./volume/volumes.ts";
import { createUnits } from "./unit/units.ts";
import { watchUnits } from "./unit/watch-units.ts";

export { chooseEndpoint, type ChosenEndpoint } from "./endpoint/choose-endpoint.ts";
export { parseDockerHost, type DockerEndpoint } from "./endpoint/endpoint.ts";

export type DockerEngineOptions = {
  readonly endpoint: DockerEndpoint;
  /** Why that one, for `diagnose`, such as "DOCKER_HOST". */
  readonly endpointReason?: string;
  readonly labels: UnitLabels;
  readonly logger: Logger;
  /** Where Docker's programs are looked for when its socket is missing. @default the usual directories */
  readonly programDirectories?: readonly string[];
  /** No answer of the engine is waited for any longer, ms. @default each request's own deadline, mostly 30 s */
  readonly patienceMs?: number;
  /** How long a run in a sandbox may take to announce itself, ms. @default 20000 */
  readonly announceMs?: number;
  /** False: files always go through the engine, also where it runs on this host. @default true */
  readonly hostTrees?: boolean;
  /** Keeps shells ahead in the sandboxes that it starts runs in: for a process that stays. @default false */
  readonly warm?: boolean;
  /** Pauses between the attempts of a build that failed for reasons of the network, ms. @default [5000, 10000] */
  readonly buildRetryMs?: readonly number[];
};

const PROGRAM_DIRECTORIES = [
  "/usr/bin",
  "/usr/local/bin",
  "/usr/sbin",
  "/snap/bin",
  "/opt/homebrew/bin",
  "/Applications/Docker.app/Contents/Resources/bin",
];
const ANNOUNCE_MS = 20_000;
const BUILD_RETRY_MS = [5_000, 10_000];

/** Docker Engine 20.10 and newer, or what speaks its API. Opening it touches nothing; the first call connects. */
export function createDockerEngine(options: DockerEngineOptions): Engine {
  const { labels, logger, announceMs = ANNOUNCE_MS } = options;
  const api = apiOf(options);
  const bridging = { api, labels, enforcer: createEnforcer(api) };
  const networks = createUnitNetworks(bridging);
  const named = createNamedNetworks(bridging);
  const seccomp = createSeccompFile(api);
  const jobGroups = createJobGroups(api, logger);
  const live = createLiveOutputs();
  const gate = createStartGate();
  const events = createEngineEvents(api, `${DEPLOYMENT_LABEL}=${labels.deployment}`);
  const warm = options.warm === true ? createWarmRuns() : undefined;
  const closing = new AbortController();
  const release = (containerId: string): void => {
    warm?.drop(containerId);
    live.release(containerId);
  };
  const units = createUnits({ api, labels, networks, jobGroups, release });
  const tied = { units, networks, named, jobGroups, seccomp };
  const unitContext = { api, labels, logger, gate, announceMs, ...tied };
  const { prepare, ...runs } = createRunMethods({ ...unitContext, events, live, warm, closed: closing.signal });
  const lifecycle = createLifecycle({ ...unitContext, release, prepare });
  return {
    name: "docker",
    isolation: "container",
    ...selfDescription(api, options),
    ...lifecycle,
    createSandbox: async (spec, signal) => {
      await startSandbox(unitContext, spec, signal);
      prepare(spec.id);
    },
    ...runs,
    inspect: units.inspect,
    list: units.list,
    watch: (signal) => watchUnits(api, signal),
    remove: async (id, signal) => {
      const unit = await units.find(id, signal);
      if (unit !== undefined) release(unit.container.Id);
      await units.remove(id, signal);
    },
    ...createMeasuring({ api, units, starts: gate.pass }),
    files: createUnitFiles({ api, units, starts: gate.pass }, options.hostTrees ?? true),
    ports: createUnitPorts({ units, exec: runs.exec }),
    snapshots: createSnapshots({ ...unitContext, freezer: lifecycle.freezer }),
    networks: createEngineNetworks({ ...bridging, units: networks, named }),
    volumes: createVolumes(api, labels),
    images: createImageStore({ ...bridging, logger, networks, retryMs: options.buildRetryMs ?? BUILD_RETRY_MS }),
    [Symbol.asyncDispose]: async () => {
      closing.abort(new Error("the engine was closed"));
      warm?.[Symbol.dispose]();
      events[Symbol.dispose]();
      await live.finish();
      await seccomp[Symbol.asyncDispose]();
      await api[Symbol.asyncDispose]();
    },
  };
}

function apiOf({ endpoint, programDirectories = PROGRAM_DIRECTORIES, patienceMs }: DockerEngineOptions): EngineApi {
  return createEngineApi({ endpoint, programDirectories, ...(patienceMs === undefined ? {} : { patienceMs }) });
}

/** What the engine says of itself. */
function selfDescription(
  api: EngineApi,
  options: DockerEngineOptions,
): Required<Pick<Engine, "info" | "runtimes" | "diagnose">> {
  return {
    info: async (signal) => {
      const info = await api.json({ method: "GET", path: "/info", signal }, InfoReply);
      return { name: "docker", isolation: "container", version: info.ServerVersion, warnings: engineWarnings(info) };
    },
    runtimes: async (signal) => {
      if (!(await api.traits()).choosesRuntime) return [];
      return runtimeNames(await api.json({ method: "GET", path: "/info", signal }, InfoReply));
    },
    diagnose: (signal) => diagnoseEngine(api, options.endpointReason, signal),
  };
}
