import { newId } from "../../../base/ids.ts";
import { MoorageError } from "../../../base/errors.ts";
import { withDeadline } from "../../../base/deadline.ts";
import type { EngineParts } from "../engine-parts.ts";
import { startUnitRun } from "../run/unit-run.ts";

const PROBE_MS = 30_000;
const MIB = 1024 * 1024;
const LIMITS = { memoryBytes: 256 * MIB, cpus: 1, pids: 64 };
// Constant, and made of what every shell has built in.
const SCRIPT = 'while read -r name value; do [ "$name" != Seccomp: ] || echo "$value"; done </proc/self/status';

/** What a program found in namespaces of ours: mode 2 is a filter. */
export type ProbeResult = { readonly seccompMode: number };

/** Runs a small program just as a unit's are run, but for limits. Rejects with why none can. */
export async function probe(parts: EngineParts): Promise<ProbeResult> {
  const { host, identity, store } = parts;
  const user = host.programs.asRoot === undefined ? { uid: host.uid, gid: host.gid } : { uid: 61_000, gid: 61_000 };
  const unit = await store.createUnseen(newId(), {
    version: 1,
    labels: {},
    user,
    env: {},
    workspace: { type: "volume" },
    limits: LIMITS,
    writableRoot: false,
    createdAt: Date.now(),
    owner: identity,
  });
  try {
    const spec = { command: ["/bin/sh", "-c", SCRIPT], env: {}, cwd: "/workspace" };
    const run = await startUnitRun({ ...parts, groups: undefined }, { unit, spec, onEnd: () => Promise.resolve() });
    const chunks: Uint8Array[] = [];
    const read = async (): Promise<number | null> => {
      for await (const { data } of run.output) chunks.push(data);
      return (await run.exit).exitCode;
    };
    const code = await withDeadline(read(), PROBE_MS, "A first program in namespaces");
    const text = Buffer.concat(chunks).toString().trim();
    if (code === 0) return { seccompMode: Number(text) };
    throw new MoorageError("ENGINE_FAILED", `A first program in namespaces ended with ${code} and said: ${text}`);
  } finally {
    await store.erase(unit.directory);
  }
}
