import type { JobRun, ProbeOutcome, RunResult } from "../../contracts/types.ts";
import { formatBytes } from "../../base/quantities.ts";
import type { Call } from "../context.ts";
import { runToEnd } from "../doctor/run-to-end.ts";
import type { Setting, Verdict } from "./judge.ts";

const MIB = 1024 * 1024;
const MEMORY_BYTES = 64 * MIB;
const PIDS = 32;
/** Few enough that a machine bears them when nothing holds them back. */
const CHILDREN = 150;
/** More than a proxy of ours takes from one sandbox, fewer than the files that it may have open. */
const LINKS = 600;
const LONG_LINE = "y".repeat(1000);

const FORKS = 'i=0; while [ $i -lt "$1" ]; do sleep 4 >/dev/null 2>&1 & i=$((i+1)); echo $i; done';
const SPAM = `while :; do echo ${LONG_LINE}; done`;
const STUBBORN =
  "trap '' TERM HUP INT; ( trap '' TERM HUP INT; while :; do sleep 1; done ) & while :; do sleep 1; done";

/** Opens connections to its proxy, and prints how many it still has after a while. */
const FLOOD = String.raw`
import os, select, socket, sys, time
host, _, port = os.environ["http_proxy"].removeprefix("http://").rpartition(":")
links = []
for _ in range(int(sys.argv[1])):
    try: links.append(socket.create_connection((host, int(port)), 4))
    except OSError: pass
time.sleep(2)
poll = select.poll()
for link in links: poll.register(link, select.POLLIN | select.POLLHUP)
print(len(links) - len(poll.poll(0)))
`;

type Abuse = {
  readonly probe: string;
  readonly tries: string;
  readonly input: JobRun;
  /** What the policy begins with, where it is about one alone. */
  readonly under?: string;
  readonly judge: (seen: Seen, setting: Setting) => Verdict;
};

/** What a run showed; only a deadline's run tells `left`. */
type Seen = Pick<RunResult, "exitCode" | "stdout" | "oomKilled"> &
  Partial<Pick<RunResult, "timedOut" | "truncated" | "stdoutBytes">> & {
    /** True where the engine still has its unit. */
    readonly left?: boolean;
  };

export const ABUSES: readonly Abuse[] = [
  {
    probe: "fork-bomb",
    tries: `start ${CHILDREN} processes where ${PIDS} may be`,
    input: { command: ["sh", "-c", FORKS, "sh", String(CHILDREN)], pids: PIDS },
    judge: (seen) => {
      const started = seen.stdout.trim() === "" ? 0 : seen.stdout.trim().split("\n").length;
      return notRun(seen) ?? held(started < PIDS, `${started} were started`);
    },
  },
  {
    probe: "memory-bomb",
    tries: `use ${formatBytes(MEMORY_BYTES * 3)} of memory where ${formatBytes(MEMORY_BYTES)} may be`,
    input: {
      command: ["dd", "if=/dev/zero", "of=/dev/null", `bs=${MEMORY_BYTES * 3}`, "count=1"],
      memoryBytes: MEMORY_BYTES,
    },
    judge: (result) =>
      notRun(result) ?? held(result.exitCode !== 0, `ended with ${result.exitCode}, oomKilled ${result.oomKilled}`),
  },
  {
    probe: "connection-flood",
    tries: `keep ${LINKS} connections to its proxy open at one time`,
    under: "allow:",
    input: { command: ["python3", "-c", FLOOD, String(LINKS)], timeoutMs: 60_000 },
    judge: (seen) => {
      const kept = /^\d+\n$/.test(seen.stdout) ? Number(seen.stdout) : undefined;
      if (kept === undefined) return notRun(seen) ?? { outcome: "not_tried", message: "the program broke off" };
      return held(kept < LINKS, `${kept} stayed open`);
    },
  },
  {
    probe: "endless-output",
    tries: "print without end",
    input: { command: ["sh", "-c", SPAM], timeoutMs: 2000 },
    judge: (seen) => {
      const { timedOut, truncated, stdout, stdoutBytes = 0 } = seen;
      const kept = truncated === true || stdoutBytes === stdout.length;
      const message = `${formatBytes(stdoutBytes)} printed until its deadline, ${formatBytes(stdout.length)} kept`;
      return notRun(seen) ?? held(timedOut === true && kept, message);
    },
  },
  {
    probe: "deadline",
    tries: "outlive its deadline by ignoring TERM, and by a child",
    input: { command: ["sh", "-c", STUBBORN], timeoutMs: 1000 },
    judge: (seen) => {
      const gone = seen.left === false;
      return notRun(seen) ?? held(seen.timedOut === true && gone, gone ? "nothing is left of it" : "it is still there");
    },
  },
];

/** Programs that take more than is theirs, each in a job of its own with small limits. */
export async function* probeAbuse(call: Call, setting: Setting): AsyncGenerator<ProbeOutcome> {
  for (const { probe, tries, input, judge, under = "" } of ABUSES) {
    if (!setting.network.startsWith(under)) continue;
    const result = await runToEnd(call, { ...input, ...setting });
    const left = (await call.context.engine.inspect(result.sandboxId, call.signal)) !== undefined;
    yield { ...setting, probe, tries, ...judge({ ...result, left }, setting) };
  }
}

// A program that is not there has held nothing back.
function notRun({ exitCode }: Seen): Verdict | undefined {
  if (exitCode !== 126 && exitCode !== 127) return undefined;
  return { outcome: "not_tried", message: `the image has no program for it (exit code ${exitCode})` };
}

function held(holds: boolean, message: string): Verdict {
  return { outcome: holds ? "held" : "broken", message };
}
