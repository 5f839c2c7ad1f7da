import type { Scope } from "../contracts/types.ts";
import type { CallOptions, Platform } from "../contracts/platform.ts";
import type { Call, DomainContext, Principal } from "./context.ts";
import { createAudit, isAudited } from "./access/audit.ts";
import { createKeyedCalls } from "./access/kept-calls.ts";
import { checkToken } from "./access/check-token.ts";
import { createKey, getKey, listKeys, revokeKey } from "./access/keys.ts";
import { requireRight, requireScope } from "./access/rights.ts";
import { createUser, getUser, listUsers, updateUser } from "./access/users.ts";
import { getQuotas, listQuotas, setQuotas } from "./access/quotas.ts";
import { createTeam, deleteTeam, getTeam, listTeams, updateTeam } from "./access/teams.ts";
import { whoami } from "./access/whoami.ts";
import { runBatch } from "./batch/batch.ts";
import { doctor } from "./doctor/doctor.ts";
import { watchEvents } from "./event/watch-events.ts";
import { fileOperations } from "./file/file-operations.ts";
import type { FileCall, FilesOf } from "./file/file-call.ts";
import { rawOperations } from "./file/raw-operations.ts";
import { checkImage } from "./image/check-image.ts";
import { createContext, getContext, listContexts, removeContext, stageArchive } from "./image/context/contexts.ts";
import { exportArchive } from "./image/archive/export-archive.ts";
import { importImage } from "./image/archive/import-image.ts";
import { exportImages } from "./image/export/export-images.ts";
import { listExports, readExportLog } from "./image/export/exports.ts";
import { imageSbom } from "./image/sbom/bill-of-materials.ts";
import { buildImage } from "./image/build/build-image.ts";
import { listBuilds, readBuildLog } from "./image/build/builds.ts";
import { ensureImage, imageExists } from "./image/images.ts";
import { pullImage } from "./image/pull-image.ts";
import { pushImage } from "./image/push-image.ts";
import { imageHistory, listImages, removeImage } from "./image/own-images.ts";
import { pruneImages } from "./image/prune-images.ts";
import { ensureNetwork, inspectNetwork, listNetworks, removeNetwork } from "./network/named-networks.ts";
import { networkLog, setNetwork } from "./network/networks.ts";
import { exportReceipts, getReceipt, listAudit, listReceipts } from "./receipt/receipts.ts";
import { verifyChain } from "./receipt/verify-chain.ts";
import { cleanup } from "./recovery/cleanup.ts";
import { runAgent } from "./run/agent.ts";
import { attachRun } from "./run/attach.ts";
import { detachRun, killRun, resizeRun, sendInput, signalRun } from "./run/control.ts";
import { execInSandbox } from "./run/exec.ts";
import { runJob } from "./run/job.ts";
import { awake } from "./sandbox/awake.ts";
import { readLastLog, readLog } from "./run/log/read-log.ts";
import { findRun, getRun, listRuns, removeRun } from "./run/runs.ts";
import { createSandbox } from "./sandbox/create-sandbox.ts";
import { listSandboxes } from "./sandbox/list-sandboxes.ts";
import { sandboxHistory } from "./stats/history.ts";
import { sandboxStats } from "./stats/stats.ts";
import { mainOutput } from "./sandbox/main-output.ts";
import { pauseSandbox, restartSandbox, resumeSandbox, startSandbox, stopSandbox } from "./sandbox/power.ts";
import { removeSandbox } from "./sandbox/remove-sandbox.ts";
import { renewSandbox } from "./sandbox/renew-sandbox.ts";
import { findSandbox, getSandbox, reachSandbox } from "./sandbox/sandboxes.ts";
import { forkSandbox } from "./snapshot/fork-sandbox.ts";
import { getSnapshot, listSnapshots, removeSnapshot, snapshotSandbox } from "./snapshot/snapshots.ts";
import { listVolumes, removeVolume } from "./volume/volumes.ts";
import { waitForRun } from "./run/wait.ts";
import { listSessions, removeSession } from "./session/session-operations.ts";
import { validated, type Guards, type ParsedPlatform } from "./validated.ts";

type CallOf = (options: CallOptions | undefined) => Call;

/** Moorage itself, as one principal may use it: the rules and lifecycles behind every door. */
export function createPlatform(context: DomainContext, principal: Principal): Platform {
  const call: CallOf = (options) => ({ context, principal, signal: options?.signal });
  const filesOf: FilesOf = async (id, options) => sandboxOf(call(options), id);
  const parsed: ParsedPlatform = {
    job: {
      run: (input, options) => runJob(call(options), input),
      batch: (input, options) => runBatch(call(options), input),
    },
    agent: { run: (input, options) => runAgent(call(options), input) },
    sandbox: sandboxOperations(call),
    run: runOperations(call),
    session: {
      list: async ({ id }, options) => ({ items: await listSessions(call(options), id), nextCursor: null }),
      remove: (input, options) => removeSession(call(options), input),
    },
    file: fileOperations(filesOf),
    image: imageOperations(call),
    context: {
      create: (input, options) => createContext(call(options), input),
      list: async (input, options) => pageOf(await listContexts(call(options), query(input))),
      get: ({ id }, options) => getContext(call(options), id),
      remove: ({ id }, options) => removeContext(call(options), id),
    },
    network: {
      ensure: ({ name }, options) => ensureNetwork(call(options), name),
      list: (_input, options) => listNetworks(call(options)),
      inspect: ({ name }, options) => inspectNetwork(call(options), name),
      remove: (input, options) => removeNetwork(call(options), input),
      set: ({ id, network }, options) => setNetwork(call(options), id, network),
      log: async ({ id, ...input }, options) => pageOf(await networkLog(call(options), id, query(input))),
    },
    receipt: receiptOperations(context, call),
    snapshot: {
      list: async (input, options) => pageOf(await listSnapshots(call(options), query(input))),
      get: ({ id }, options) => getSnapshot(call(options), id),
      remove: ({ id }, options) => removeSnapshot(call(options), id),
    },
    volume: {
      list: (_input, options) => listVolumes(call(options)),
      remove: ({ name }, options) => removeVolume(call(options), name),
    },
    ...accessOperations(call),
    event: { watch: (input, options) => watchEvents(call(options), input) },
    system: {
      doctor: (input, options) => doctor(call(options), input),
      cleanup: () => cleanup(context),
    },
    raw: rawMethods(call, filesOf),
  };
  return validated(parsed, guardsOf(context, principal));
}

function guardsOf(context: DomainContext, principal: Principal): Guards {
  const audit = createAudit(context, principal);
  return {
    row: {
      admit: (named) => requireRight(principal, named),
      witness: (named, input) => (isAudited(named) ? audit(named.name, input) : undefined),
      once: createKeyedCalls(context, principal),
    },
    raw: {
      admit: (method) => requireScope(principal, RAW_SCOPES[method], `raw.${method}`),
      witness: (method, input) => (RAW_SCOPES[method].endsWith(":write") ? audit(`raw.${method}`, input) : undefined),
    },
  };
}

const RAW_SCOPES: Readonly<Record<keyof Platform["raw"], Scope>> = {
  download: "sandbox:read",
  upload: "sandbox:write",
  read: "sandbox:read",
  write: "sandbox:write",
  stage: "image:write",
  exportImage: "image:read",
  importImage: "image:write",
};

function accessOperations(call: CallOf): Pick<ParsedPlatform, "key" | "user" | "team" | "quota" | "auth" | "audit"> {
  return {
    key: {
      create: (input, options) => createKey(call(options), input),
      list: async ({ user, ...input }, options) => pageOf(await listKeys(call(options), { user, ...query(input) })),
      get: ({ id }, options) => getKey(call(options), id),
      revoke: ({ id }, options) => revokeKey(call(options), id),
    },
    user: {
      create: (input, options) => createUser(call(options), input),
      list: async (input, options) => pageOf(await listUsers(call(options), query(input))),
      get: ({ name }, options) => getUser(call(options), name),
      update: (input, options) => updateUser(call(options), input),
    },
    team: {
      create: ({ name }, options) => createTeam(call(options), name),
      list: async (input, options) => pageOf(await listTeams(call(options), query(input))),
      get: ({ name }, options) => getTeam(call(options), name),
      update: (input, options) => updateTeam(call(options), input),
      delete: ({ name }, options) => deleteTeam(call(options), name),
    },
    quota: {
      get: ({ user }, options) => getQuotas(call(options), user),
      list: async (input, options) => pageOf(await listQuotas(call(options), query(input))),
      set: (input, options) => setQuotas(call(options), input),
    },
    audit: {
      list: async ({ user, ...input }, options) => pageOf(await listAudit(call(options), { user, ...query(input) })),
    },
    auth: {
      whoami: async (_input, options) => whoami(call(options)),
      check: ({ token }, options) => checkToken(call(options), token),
    },
  };
}

function rawMethods(call: CallOf, filesOf: FilesOf): Platform["raw"] {
  return {
    ...rawOperations(filesOf),
    stage: (input, tar, options) => stageArchive(call(options), input, tar),
    exportImage: (input, options) => exportArchive(call(options), input),
    importImage: (input, archive, options) => importImage(call(options), input, archive),
  };
}

function sandboxOperations(call: CallOf): ParsedPlatform["sandbox"] {
  return {
    create: (input, options) => createSandbox(call(options), input),
    list: async (input, options) => pageOf(await listSandboxes(call(options), input)),
    get: ({ id }, options) => getSandbox(call(options), id),
    exec: (input, options) => execInSandbox(call(options), input),
    stats: (input, options) => sandboxStats(call(options), input),
    history: (input, options) => sandboxHistory(call(options), input),
    output: (input, options) => mainOutput(call(options), input),
    stop: (input, options) => stopSandbox(call(options), input),
    start: ({ id }, options) => startSandbox(call(options), id),
    restart: (input, options) => restartSandbox(call(options), input),
    pause: ({ id }, options) => pauseSandbox(call(options), id),
    resume: ({ id }, options) => resumeSandbox(call(options), id),
    runs: async ({ id, ...input }, options) => {
      const { id: sandbox } = await findSandbox(call(options), id);
      return pageOf(await listRuns(call(options), { sandbox }, query(input)));
    },
    logs: ({ id, ...selection }, options) => readLastLog(call(options), id, selection),
    snapshot: (input, options) => snapshotSandbox(call(options), input),
    fork: (input, options) => forkSandbox(call(options), input),
    renew: (input, options) => renewSandbox(call(options), input),
    remove: ({ id }, options) => removeSandbox(call(options), id),
  };
}

function runOperations(call: CallOf): ParsedPlatform["run"] {
  return {
    list: async ({ limit, cursor, ...filter }, options) =>
      pageOf(await listRuns(call(options), filter, query({ limit, cursor }))),
    get: ({ runId }, options) => getRun(call(options), runId),
    logs: async ({ runId, ...selection }, options) =>
      readLog(call(options), await findRun(call(options), runId), selection),
    attach: (input, options) => attachRun(call(options), input),
    wait: (input, options) => waitForRun(call(options), input),
    input: (input, options) => sendInput(call(options), input),
    signal: (input, options) => signalRun(call(options), input),
    resize: (input, options) => resizeRun(call(options), input),
    kill: ({ runId }, options) => killRun(call(options), runId),
    detach: ({ runId }, options) => detachRun(call(options), runId),
    remove: ({ runId }, options) => removeRun(call(options), runId),
  };
}

function imageOperations(call: CallOf): ParsedPlatform["image"] {
  return {
    build: (input, options) => buildImage(call(options), input),
    builds: async (input, options) => pageOf(await listBuilds(call(options), query(input))),
    logs: (input, options) => readBuildLog(call(options), input),
    list: async ({ filter, ...input }, options) =>
      pageOf(await listImages(call(options), { ...query(input), prefix: filter })),
    history: ({ reference }, options) => imageHistory(call(options), reference),
    remove: ({ reference }, options) => removeImage(call(options), reference),
    prune: ({ unusedMs }, options) => pruneImages(call(options), unusedMs),
    exists: ({ reference }, options) => imageExists(call(options), reference),
    ensure: (input, options) => ensureImage(call(options), input),
    pull: (input, options) => pullImage(call(options), input),
    export: (input, options) => exportImages(call(options), input),
    exports: async (input, options) => pageOf(await listExports(call(options), query(input))),
    exportLog: (input, options) => readExportLog(call(options), input),
    sbom: ({ reference }, options) => imageSbom(call(options), reference),
    check: (input, options) => checkImage(call(options), input),
    push: (input, options) => pushImage(call(options), input),
  };
}

function receiptOperations(context: DomainContext, call: CallOf): ParsedPlatform["receipt"] {
  return {
    list: async (input, options) => pageOf(await listReceipts(call(options), query(input))),
    get: ({ receiptId }, options) => getReceipt(call(options), receiptId),
    export: () => exportReceipts(context),
    verify: () => verifyChain(context.store.receipts, context.signer),
  };
}

async function sandboxOf(call: Call, id: string): Promise<FileCall> {
  const { context, row: sandbox, signal } = await reachSandbox(call, id);
  await awake(context, { id: sandbox.id, wanted: "files", signal });
  return { context, sandbox, signal };
}

const DEFAULT_PAGE = 100;

function query({ limit, cursor }: { readonly limit?: number | undefined; readonly cursor?: string | undefined }) {
  return { limit: limit ?? DEFAULT_PAGE, cursor };
}

function pageOf<T>({ items, nextCursor }: { readonly items: readonly T[]; readonly nextCursor: string | null }) {
  return { items: [...items], nextCursor };
}
