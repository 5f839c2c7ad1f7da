import { formatBytes } from "../../base/quantities.ts";
import type { ProbeOutcome, RunResult } from "../../contracts/types.ts";
import type { Call } from "../context.ts";
import { execInSandbox } from "../run/exec.ts";
import { createSandbox } from "../sandbox/create-sandbox.ts";
import { removeSandbox } from "../sandbox/remove-sandbox.ts";
import type { Setting, Verdict } from "./judge.ts";

const MIB = 1024 * 1024;
const DISK_BYTES = 32 * MIB;
const FILL_MIB = 96;
/** Where /tmp is memory without a cap of its own, the limit of memory is the cap. */
const MEMORY_BYTES = 64 * MIB;
/** How long what was filled is left lying, to be found. */
const PATIENCE_S = 15;

const PLACES = { tmp: "/tmp", workspace: "/workspace" } as const;

type Filled = Pick<RunResult, "exitCode" | "stdout" | "status" | "reason">;

/** Prints `full` where there was no room, else `filled`, and waits then; what it wrote goes with its sandbox. */
const FILL = String.raw`
command -v dd >/dev/null || exit 127
dd if=/dev/zero of="$1/fill" bs=1048576 count="$2" 2>/dev/null || { echo full; exit 1; }
echo filled
sleep "$3"
`;

export function fillCommand(place: string, patienceS = PATIENCE_S): string[] {
  return ["sh", "-c", FILL, "sh", place, String(FILL_MIB), String(patienceS)];
}

/** Fills each place that programs may write to with more than a sandbox may take, in a sandbox of its own. */
export async function* probeDisk(call: Call, setting: Setting): AsyncGenerator<ProbeOutcome> {
  const { profile, network } = setting;
  const limits = { diskBytes: DISK_BYTES, memoryBytes: MEMORY_BYTES };
  for (const [name, place] of Object.entries(PLACES)) {
    const tries = `write ${FILL_MIB} MiB to ${place} where ${formatBytes(DISK_BYTES)} of disk may be`;
    const sandbox = await createSandbox(call, { profile, network, ...limits });
    try {
      const command = fillCommand(place);
      const filled = await resultOf(call, { id: sandbox.id, command, timeoutMs: 4 * PATIENCE_S * 1000 });
      yield { ...setting, probe: `disk-filler-${name}`, tries, ...judgeFilled(filled) };
    } finally {
      await removeSandbox(call, sandbox.id);
    }
  }
}

/** Held where there was no room, or where it was ended for what it took. */
export function judgeFilled({ exitCode, stdout, status, reason }: Filled): Verdict {
  if (exitCode === 126 || exitCode === 127)
    return { outcome: "not_tried", message: `the image has no program for it (exit code ${exitCode})` };
  if (status === "canceled") return { outcome: "held", message: reason ?? "it was ended" };
  if (stdout.trim() === "filled") return { outcome: "broken", message: "it was filled, and nothing ended it" };
  return { outcome: "held", message: `there was no room for it (exit code ${exitCode})` };
}

async function resultOf(call: Call, input: Parameters<typeof execInSandbox>[1]): Promise<RunResult> {
  for await (const event of execInSandbox(call, input)) if (event.type === "result") return event.result;
  throw new TypeError("A run of a probe ended without a result.");
}
