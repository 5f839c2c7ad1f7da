import { formatBytes } from "../../base/quantities.ts";
import type { Finding, RunResult } from "../../contracts/types.ts";
import type { Call } from "../context.ts";
import type { Policy } from "../policy.ts";
import { failed, ok, warning } from "./finding.ts";
import { remedy } from "./fixes.ts";
import type { Host } from "./host.ts";
import { runToEnd } from "./run-to-end.ts";
import type { LimitName } from "./seen-limits.ts";

const MEMORY_BYTES = 64 * 1024 ** 2;
const PIDS = 16;
const CHILDREN = 40;
/** Small, so that on a busy machine too a run that is not held back gets more. */
const CPUS = 0.2;
/** Shares are granted in slices, so a short look sees somewhat more. */
const CPU_TOLERANCE = 1.4;

const FORK = 'i=0; while [ $i -lt "$1" ]; do sleep 3 >/dev/null 2>&1 & i=$((i+1)); echo $i; done';

// Both clocks count hundredths of a second.
const BURN = `
now() { read -r up rest </proc/uptime; echo "\${up%.*}\${up#*.}"; }
used() { read -r line </proc/$$/stat; set -- $line; echo $((\${14}+\${15})); }
begin=$(now); while [ $(($(now)-begin)) -lt 150 ]; do i=0; while [ $i -lt 3000 ]; do i=$((i+1)); done; done
echo "$(used) $(($(now)-begin))"
`;

/** A run that wants more than its limit; the limit is small, so that the look is quick, but never above what is allowed. */
type Try = {
  readonly command: readonly string[];
  readonly limits: { readonly memoryBytes?: number; readonly pids?: number; readonly cpus?: number };
  readonly shown: string;
  /** Undefined where the run tells nothing, such as when its program is missing. */
  readonly held: (result: RunResult) => boolean | undefined;
};

const TRIES: Readonly<Record<LimitName, (maxima: Policy["maxima"]) => Try>> = {
  memory: (maxima) => {
    const memoryBytes = Math.min(MEMORY_BYTES, maxima.memoryBytes);
    return {
      command: ["dd", "if=/dev/zero", "of=/dev/null", `bs=${memoryBytes * 3}`, "count=1"],
      limits: { memoryBytes },
      shown: formatBytes(memoryBytes),
      held: ({ exitCode }) => (exitCode === 127 || exitCode === 126 ? undefined : exitCode !== 0),
    };
  },
  pids: (maxima) => {
    const pids = Math.min(PIDS, maxima.pids);
    return {
      command: ["sh", "-c", FORK, "sh", String(CHILDREN)],
      limits: { pids },
      shown: `${pids} processes`,
      held: ({ stdout }) => (stdout === "" ? undefined : stdout.trim().split("\n").length < pids),
    };
  },
  cpus: (maxima) => {
    const cpus = Math.min(CPUS, maxima.cpus);
    return {
      command: ["sh", "-c", BURN],
      limits: { cpus },
      shown: `a processor share of ${cpus}`,
      held: ({ stdout }) => {
        const [used, passed] = stdout.trim().split(" ").map(Number);
        return used === undefined || !passed ? undefined : used / passed < cpus * CPU_TOLERANCE;
      },
    };
  },
};

/** Whether a limit holds, by a run of its own that tries to get more: for limits that cannot be seen from inside. */
export async function tryLimit(call: Call, name: LimitName, host: Host): Promise<Finding> {
  const check = `sandbox.${name}`;
  const { command, limits, shown, held } = TRIES[name](call.context.policy.maxima);
  const result = await runToEnd(call, { command: [...command], ...limits });
  const verdict = held(result);
  if (verdict === true) return ok(check, `Held at ${shown} when a run tried to get more.`);
  if (verdict === undefined) {
    const message = `Not visible from inside, and the run that was to exceed ${shown} ended with ${result.exitCode}.`;
    return warning(check, message, "Have `sh` and `dd` where sandboxes look for programs, and run this again.");
  }
  // The process engine says itself where it cannot limit processors; memory and processes it always must.
  const tell = name === "cpus" && result.isolation === "namespaces" ? warning : failed;
  return tell(check, `A run that was limited to ${shown} got more.`, remedy(host, "limits"));
}
