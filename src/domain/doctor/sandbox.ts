import { formatDuration } from "../../base/quantities.ts";
import type { Finding, RunResult } from "../../contracts/types.ts";
import type { Call } from "../context.ts";
import type { ClockReading } from "./clock.ts";
import type { FreeSpace } from "./disk.ts";
import { failed, finding, ok } from "./finding.ts";
import type { Host } from "./host.ts";
import { checkIsolation } from "./isolation.ts";
import { PROBE, readProbe, type Seen } from "./probe.ts";
import { runToEnd } from "./run-to-end.ts";
import { SEEN_LIMITS, type LimitName } from "./seen-limits.ts";
import { tryLimit } from "./tried-limits.ts";

/** What a sandbox tells about itself and about the engine's host. */
export type SandboxLook = {
  /** `sandbox` first; the others only when it ran. */
  readonly findings: readonly Finding[];
  readonly clock?: ClockReading | undefined;
  readonly space?: FreeSpace | undefined;
};

const LIMIT_NAMES: readonly LimitName[] = ["memory", "pids", "cpus"];

/** Runs a real job of profile `job` and compares what it sees of its limits and its surroundings with what was asked. */
export async function lookInside(call: Call, host: Host): Promise<SandboxLook> {
  const { clock } = call.context;
  const before = clock.now();
  let result: RunResult | undefined;
  const ran = await finding("sandbox", call.signal, async () => {
    result = await runToEnd(call, { command: [...PROBE], profile: "job" });
    return judged(result);
  });
  const seen = result === undefined ? undefined : readProbe(result.stdout);
  if (result === undefined || seen === undefined || ran.status === "failed") return { findings: [ran] };
  const limits: Finding[] = [];
  for (const name of LIMIT_NAMES) limits.push(await limitFinding(call, { name, seen, result, host }));
  return {
    findings: [ran, ...limits, ...checkIsolation(seen)],
    clock: clockReading(seen, { before, after: clock.now() }),
    space: result.engine === "docker" ? engineSpace(seen) : undefined,
  };
}

function judged(result: RunResult): Finding {
  const { exitCode, engine, isolation, durationMs, receiptId, stderr } = result;
  if (exitCode === 0 && readProbe(result.stdout) !== undefined) {
    const took = durationMs === null ? "" : ` in ${formatDuration(durationMs)}`;
    return ok("sandbox", `A job ran${took} (engine ${engine}, isolation ${isolation}, receipt ${receiptId}).`);
  }
  if (exitCode === 126 || exitCode === 127) {
    const message = `A sandbox started, but has no shell to look around with: \`sh\` ended with ${exitCode}.`;
    return failed("sandbox", message, "Name a default image that has /bin/sh with MOORAGE_IMAGE.");
  }
  const last = stderr.trim().split("\n").at(-1) ?? "";
  const message = `A sandbox started, but its job ended with ${exitCode ?? "an unknown code"}${last === "" ? "" : `: ${last}`}.`;
  return failed("sandbox", message, "Run `moorage run -- sh -c 'echo hello'` to see all that it prints.");
}

type Question = { readonly name: LimitName; readonly seen: Seen; readonly result: RunResult; readonly host: Host };

async function limitFinding(call: Call, { name, seen, result, host }: Question): Promise<Finding> {
  const visible = SEEN_LIMITS[name](seen, result.limits, host);
  return visible ?? finding(`sandbox.${name}`, call.signal, () => tryLimit(call, name, host));
}

/** Sandboxes share the clock of the engine's host, which may be another machine than this. */
function clockReading(seen: Seen, moments: Pick<ClockReading, "before" | "after">): ClockReading | undefined {
  const seconds = Number(seen.one("time") || Number.NaN);
  if (!Number.isInteger(seconds)) return undefined;
  return { from: "the engine's host", ms: seconds * 1000, stepMs: 1000, ...moments };
}

/** The fourth column of `df -Pk /`: a container's root lies in the file system that has all images and containers. */
function engineSpace(seen: Seen): FreeSpace | undefined {
  const [, , , available] = (seen.one("disk") ?? "").split(/\s+/);
  if (available === undefined || !/^\d+$/.test(available)) return undefined;
  return { bytes: Number(available) * 1024, where: "where the engine keeps images and containers" };
}
