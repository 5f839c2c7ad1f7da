import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { createBell } from "../base/bell.ts";
import { systemClock } from "../base/clock.ts";
import { isMoorageError, MoorageError } from "../base/errors.ts";
import type { Logger } from "../base/logger.ts";
import type { EngineName } from "../contracts/types.ts";
import type { Platform } from "../contracts/platform.ts";
import type { DomainContext } from "../domain/context.ts";
import { createPlatform } from "../domain/domain.ts";
import { DiskWatches } from "../domain/disk/disk-watches.ts";
import { EventBus } from "../domain/event/event-bus.ts";
import { observe, readiness } from "../domain/event/observe.ts";
import { Tally } from "../domain/event/tally.ts";
import { keepDiskBesideRuns } from "../domain/disk/keep-beside-runs.ts";
import { BuildTurns } from "../domain/image/build/build-turns.ts";
import { Owed } from "../domain/owed.ts";
import { createPoolKeeper } from "../domain/pool/keeper.ts";
import { createReceiptSigner } from "../domain/receipt/receipt-signer.ts";
import { keepNetworks } from "../domain/network/keep-networks.ts";
import { Attempts } from "../domain/recovery/attempts.ts";
import { keepSettling } from "../domain/recovery/keep-settling.ts";
import { recoverAll } from "../domain/recovery/recover-runs.ts";
import { keepSightings } from "../domain/sandbox/keep-sightings.ts";
import { Sightings } from "../domain/sandbox/sightings.ts";
import { keepSamples } from "../domain/stats/sampler.ts";
import { createReaper, sweepDue } from "../domain/reaper/reaper.ts";
import { createTimerClock } from "../domain/timer-clock.ts";
import { createEgress } from "../egress/egress.ts";
import type { Engine } from "../engine/engine.ts";
import { chooseEndpoint, createDockerEngine, type ChosenEndpoint } from "../engine/docker/docker-engine.ts";
import { createProcessEngine } from "../engine/process/process-engine.ts";
import { createUnitLabels } from "../engine/unit-labels.ts";
import { createCredentials, type Credentials } from "../registry/credentials.ts";
import { LiveRuns } from "../domain/run/live/live-runs.ts";
import { createFileRunLogs } from "../store/files/file-run-logs.ts";
import { Sessions } from "../domain/session/sessions.ts";
import { openSqliteStore } from "../store/sqlite/sqlite-store.ts";
import { chooseEngine, type ChosenEngine } from "./choose-engine.ts";
import type { Configuration } from "./configuration.ts";
import { processHolders } from "./holders.ts";
import { openIdentity } from "./identity.ts";
import { policyOf } from "./policy.ts";
import type { Locations } from "./settings.ts";
import { openStateHome, type StateHome } from "./state-home.ts";
import { createAdmit } from "../domain/access/admit.ts";
import { firstKey } from "../domain/access/first-key.ts";
import { Logins } from "../domain/access/logins.ts";
import { OpenCalls } from "../domain/access/open-calls.ts";
import { createSignIn } from "../domain/access/sign-in.ts";
import { LOCAL_USER, unrestricted } from "../domain/access/principal.ts";
import type { Admit } from "../contracts/admission.ts";
import type { Observatory } from "../contracts/observation.ts";
import type { SignIn } from "../contracts/sign-in.ts";

export type LocalOptions = {
  readonly configuration: Configuration;
  readonly locations: Locations;
  readonly engine: EngineName | undefined;
  readonly needsImages: boolean;
  /** True in a process that stays when its callers have left: runs may go on in the background. @default false */
  readonly resident?: boolean;
  readonly logger: Logger;
  readonly workspaceDirectory: string | undefined;
  /** For a process that stays, such as a server: shells are kept ahead in its sandboxes. @default false */
  readonly warm?: boolean;
  /**
   * The environment: of it is read PATH (where Docker's programs are looked for when its socket is missing),
   * XDG_RUNTIME_DIR (where engines without root rights listen) and what is there for registries.
   */
  readonly environment: Readonly<Record<string, string | undefined>>;
};

export type LocalPlatform = Platform &
  AsyncDisposable & {
    readonly engineName: EngineName;
    /** Lets in whoever shows a key. */
    readonly admit: Admit;
    /** How people sign in in their browser; absent: they do not. */
    readonly signIn?: SignIn;
    /** An administrator's key, where there has never been any key. */
    readonly firstKey: () => Promise<string | undefined>;
    /** Looks at it from outside. */
    readonly observatory: Observatory;
    /** Keeps timers and the pool, adopts what runs, removes what is left, until the signal aborts: for a server. */
    readonly keep: (signal: AbortSignal) => Promise<void>;
    /** Ends the runs that this process watches, and resolves when each is recorded; new ones end at once. Then who watches events is told the end. */
    readonly endRuns: () => Promise<void>;
  };

/** Moorage in this process: opens its state, chooses the engine, and records what an earlier one left open. */
export async function openLocalPlatform(options: LocalOptions): Promise<LocalPlatform> {
  const { configuration, locations, logger } = options;
  await using opening = new AsyncDisposableStack();
  const state = await openStateHome(locations.home);
  const store = opening.use(openSqliteStore(state.database, configuration.limits.perOwner));
  const engines = enginesOf(options, state);
  const { engine, warnings } = await chosenEngine(options, engines);
  opening.use(engine);
  const others = opening.use(new AsyncDisposableStack());
  const context: DomainContext = {
    engine,
    otherEngine: otherEngines(engines, others),
    store,
    egress: opening.use(createEgress({ logger })),
    credentials: credentialsOf(options),
    identity: await openIdentity(configuration.identity, options.resident ?? false, systemClock),
    events: new EventBus(store.events),
    logs: createFileRunLogs({ directory: join(locations.home, "runs"), logBytes: configuration.logBytes }),
    disk: opening.use(new DiskWatches()),
    ...beginnings(logger),
    resident: options.resident ?? false,
    signer: createReceiptSigner(state.deployment, state.receiptKey),
    holders: processHolders(),
    policy: policyOf(configuration, {
      home: locations.home,
      currentDirectory: process.cwd(),
      workspaceDirectory: options.workspaceDirectory,
    }),
    hostUser: hostUser(),
    stateDirectory: locations.home,
    clock: systemClock,
    logger,
    warnings,
  };
  // Before the engine and the store go, whose help it takes.
  opening.defer(() => context.sessions.endAll());
  opening.defer(() => context.live.endAll());
  await recover(context);
  const closing = new AbortController();
  const settling = keepSettling(context, closing.signal);
  opening.defer(async () => {
    closing.abort();
    await settling;
  });
  const open = opening.move();
  const tally = new Tally(context);
  return Object.assign(createPlatform(context, unrestricted(LOCAL_USER)), {
    engineName: engine.name,
    ...waysIn(context),
    firstKey: () => firstKey(context),
    observatory: { ready: () => readiness(context), observe: () => observe(context, tally) },
    keep: (signal: AbortSignal) => keepAll(context, tally, signal),
    endRuns: async () => {
      await context.live.endAll();
      await context.events.endAll();
    },
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  });
}

/** What this process keeps in mind, with nothing in it yet. */
function beginnings(logger: Logger) {
  return {
    live: new LiveRuns(),
    sessions: new Sessions(systemClock),
    buildTurns: new BuildTurns(),
    sightings: new Sightings(systemClock),
    sampling: { active: false },
    underway: new Set<string>(),
    openCalls: new OpenCalls(),
    timers: createTimerClock(systemClock),
    undone: { latest: [] },
    owed: new Owed(logger),
    refill: createBell(),
  };
}

function waysIn(context: DomainContext): Pick<LocalPlatform, "admit" | "signIn"> {
  const provider = context.identity.login;
  if (provider === undefined) return { admit: createAdmit(context) };
  const logins = new Logins(context, provider);
  return { admit: createAdmit(context, logins), signIn: createSignIn({ context, provider, logins }) };
}

async function chosenEngine(options: LocalOptions, engines: Engines): Promise<ChosenEngine> {
  const requested = options.engine ?? options.configuration.engine;
  const needsImages = options.needsImages || (requested !== "process" && (await engines.endpoint()).asked);
  return chooseEngine({ requested, needsImages, ...engines });
}

async function keepAll(context: DomainContext, tally: Tally, signal: AbortSignal): Promise<void> {
  const { run } = createReaper(context);
  const pool = createPoolKeeper(context);
  await Promise.all([
    run(signal),
    pool.run(signal),
    keepNetworks(context, signal),
    keepSamples(context, signal),
    keepDiskBesideRuns(context, signal),
    keepSightings(context, signal),
    tally.run(signal),
  ]);
}

/** Runs that lost their Moorage are recorded when their engine can tell about them; a later start tries again. */
async function recover(context: DomainContext): Promise<void> {
  const attempts = new Attempts(context.logger);
  try {
    await recoverAll(context, attempts);
    await sweepDue(context, attempts);
  } catch (error) {
    if (!isMoorageError(error)) throw error;
    context.logger.warn({ code: error.code }, "lost runs could not be recorded now");
  }
  context.undone.latest = attempts.undone;
}

type Engines = {
  /** Where Docker answers; looked for once, and only where Docker may be used. */
  readonly endpoint: () => Promise<ChosenEndpoint>;
  readonly docker: () => Promise<Engine>;
  readonly process: () => Engine;
};

function enginesOf(options: LocalOptions, state: StateHome): Engines {
  const { configuration, locations, logger, environment } = options;
  let chosen: Promise<ChosenEndpoint> | undefined;
  const endpoint = (): Promise<ChosenEndpoint> =>
    (chosen ??= chooseEndpoint({
      ...configuration.docker,
      configDirectory: dockerDirectory(configuration),
      runtimeDirectory: environment["XDG_RUNTIME_DIR"],
    }));
  const programDirectories = (environment["PATH"] ?? "").split(delimiter).filter((directory) => directory !== "");
  const labels = createUnitLabels(state.deployment, state.labelKey);
  return {
    endpoint,
    docker: async () => {
      const { endpoint: at, reason } = await endpoint();
      const warm = options.warm ?? false;
      return createDockerEngine({ endpoint: at, endpointReason: reason, labels, logger, programDirectories, warm });
    },
    process: () => createProcessEngine({ stateDirectory: join(locations.home, "process"), labels, logger }),
  };
}

function credentialsOf({ configuration, environment }: LocalOptions): Credentials {
  const configDirectory = dockerDirectory(configuration);
  return createCredentials({ profiles: configuration.registries, environment, configDirectory });
}

function dockerDirectory({ docker }: Configuration): string {
  return docker.configDirectory ?? join(homedir(), ".docker");
}

/** Opens each at most once; the stack has them closed. */
function otherEngines(engines: Engines, stack: AsyncDisposableStack): DomainContext["otherEngine"] {
  const opened = new Map<EngineName, Promise<Engine>>();
  return (name) => {
    const known = opened.get(name) ?? Promise.try(async () => stack.use(await engineOf(engines, name)));
    opened.set(name, known);
    return known;
  };
}

function engineOf(engines: Engines, name: EngineName): Engine | Promise<Engine> {
  if (name !== "memory") return engines[name]();
  throw new MoorageError("ENGINE_UNSUPPORTED", "What the memory engine has ends with its process.");
}

function hostUser(): DomainContext["hostUser"] {
  const uid = process.getuid?.();
  const gid = process.getgid?.();
  return uid === undefined || gid === undefined ? undefined : { uid, gid };
}
