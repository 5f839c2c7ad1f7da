import { isMoorageError } from "../../base/errors.ts";
import type { ProbeOutcome, RunResult } from "../../contracts/types.ts";
import type { Call } from "../context.ts";
import { execInSandbox } from "../run/exec.ts";
import { createSandbox } from "../sandbox/create-sandbox.ts";
import { removeSandbox } from "../sandbox/remove-sandbox.ts";
import type { Setting, Verdict } from "./judge.ts";

const DEADLINE_MS = 1500;
const LOOK_MS = 20_000;

/** Children that leave their parent, their session and their environment, and one that stops its parent. */
export const DODGE = String.raw`
trap '' TERM HUP INT
body="trap '' TERM HUP INT; while :; do sleep 1; done"
( sh -c "$body" moorage-dodger-double-fork & )
( env -i sh -c "$body" moorage-dodger-without-environment & )
if command -v setsid >/dev/null 2>&1; then ( setsid sh -c "$body" moorage-dodger-own-session & ); fi
sh -c 'kill -STOP "$PPID"' &
while :; do sleep 1; done
`;

// The brackets keep the look from finding itself.
export const LOOK = String.raw`
for file in /proc/[0-9]*/cmdline; do tr '\0' ' ' <"$file" 2>/dev/null; echo; done | grep -o 'moorage-dodge[r][a-z-]*' | sort -u
`;

const TRIES = "outlive the deadline of a run in a sandbox: double fork, own session, empty environment, stopped parent";

/** Whether a deadline of a run in a sandbox that lives on reaches what the run has started. */
export async function probeDodgers(call: Call, setting: Setting): Promise<ProbeOutcome> {
  const about = { ...setting, probe: "run-deadline", tries: TRIES };
  const { profile, network } = setting;
  const sandbox = await createSandbox(call, { profile, network });
  try {
    const command = ["sh", "-c", DODGE];
    const run = await resultOf(call, { id: sandbox.id, command, timeoutMs: DEADLINE_MS });
    return { ...about, ...(run.timedOut ? await look(call, sandbox.id) : notTimedOut(run)) };
  } finally {
    await removeSandbox(call, sandbox.id);
  }
}

async function look(call: Call, id: string): Promise<Verdict> {
  try {
    const { stdout } = await resultOf(call, { id, command: ["sh", "-c", LOOK], timeoutMs: LOOK_MS });
    const left = stdout
      .trim()
      .split("\n")
      .filter((line) => line !== "");
    if (left.length === 0) return { outcome: "held", message: "nothing was left" };
    return { outcome: "broken", message: `still there: ${left.join(", ")}` };
  } catch (error) {
    if (!isMoorageError(error) || error.code !== "SANDBOX_NOT_RUNNING") throw error;
    return { outcome: "held", message: "the sandbox was stopped for it" };
  }
}

function notTimedOut({ exitCode }: RunResult): Verdict {
  return { outcome: "not_tried", message: `the run ended with ${exitCode} before its deadline` };
}

async function resultOf(call: Call, input: Parameters<typeof execInSandbox>[1]): Promise<RunResult> {
  for await (const event of execInSandbox(call, input)) if (event.type === "result") return event.result;
  throw new TypeError("A run of a probe ended without a result.");
}
