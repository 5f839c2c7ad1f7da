import type { Sandbox } from "../../contracts/types.ts";
import type { SandboxRow } from "../../store/store.ts";

/** Where files live inside every sandbox and job. */
export const WORKSPACE = "/workspace";

export function sandboxView(row: SandboxRow): Sandbox {
  const { env: _env, holder: _holder, pending: _pending, revision: _revision, unitImage: _unitImage, ...shown } = row;
  const {
    limits,
    dependencies,
    command,
    volume,
    ports,
    readinessTimeoutMs: _timeout,
    readinessIntervalMs: _interval,
    ttlMs: _ttl,
    ...rest
  } = shown;
  return {
    ...rest,
    limits: { ...limits },
    dependencies: [...dependencies],
    volume: volume?.name ?? null,
    ports: [...ports],
    command: command === null ? null : [...command],
    workspace: WORKSPACE,
  };
}
