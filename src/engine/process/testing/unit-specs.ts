import { newId } from "../../../base/ids.ts";
import type { JobSpec, RunSpec, UnitSpec } from "../../engine.ts";

const MIB = 1024 * 1024;

export function unitSpec(wish: Partial<UnitSpec> = {}): UnitSpec {
  const limits = { memoryBytes: 256 * MIB, cpus: 1, pids: 64 };
  const rest = { env: {}, workspace: { type: "volume" }, limits, writableRoot: true, capabilities: [] } as const;
  return { id: newId(), kind: "sandbox", network: "none", ...rest, ...wish };
}

export function jobSpec(command: readonly string[], wish: Partial<JobSpec> = {}): JobSpec {
  const unit = unitSpec({ kind: "job", writableRoot: false });
  return { ...unit, cwd: "/workspace", deadlineMs: 60_000, command, ...wish };
}

export function runSpec(command: readonly string[], wish: Partial<RunSpec> = {}): RunSpec {
  return { command, env: {}, cwd: "/workspace", ...wish };
}
