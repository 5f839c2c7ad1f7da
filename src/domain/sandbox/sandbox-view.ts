import { MoorageError } from "../../base/errors.ts";
import type { Sandbox } from "../../contracts/types.ts";
import type { DirectoryUse, SandboxRow } from "../../store/store.ts";

/** Where files live inside every sandbox and job. */
export const WORKSPACE = "/workspace";

export function sandboxView(row: SandboxRow): Sandbox {
  const { state, ...seen } = row;
  if (state === "pool") throw new MoorageError("INTERNAL", `Sandbox "${row.id}" has no owner who could see it.`);
  const {
    env: _env,
    holder: _holder,
    pending: _pending,
    revision: _revision,
    unitImage: _unitImage,
    base: _base,
    diskOverBytes: _diskOver,
    ...shown
  } = seen;
  const {
    limits,
    dependencies,
    command,
    snapshot,
    volume,
    directory,
    ports,
    readinessTimeoutMs: _timeout,
    readinessIntervalMs: _interval,
    ttlMs: _ttl,
    poolKey: _poolKey,
    networkId: _networkId,
    ...rest
  } = shown;
  return {
    ...rest,
    state,
    limits: { ...limits },
    dependencies: [...dependencies],
    snapshot: snapshot === null || snapshot.forkOf !== null ? null : snapshot.id,
    forkOf: snapshot?.forkOf ?? null,
    volume: volume?.name ?? null,
    hostDirectory: directory === null ? null : directoryView(directory),
    ports: [...ports],
    command: command === null ? null : [...command],
    workspace: WORKSPACE,
  };
}

function directoryView({ path, user, loan }: DirectoryUse): Sandbox["hostDirectory"] {
  return { path, user: user === null ? null : `${user.uid}:${user.gid}`, lent: loan !== null };
}
