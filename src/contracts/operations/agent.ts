import { AgentRun } from "../exec.ts";
import { stream } from "../operation.ts";
import { RunEvent } from "../run.ts";
import { jobFlags, stdinFlags } from "./bindings.ts";

export const agentOperations = {
  run: stream({
    summary: "Run one command of an agent on its workspace, with a result file.",
    http: { method: "post", path: "/v1/agents/{agentId}/runs" },
    cli: {
      command: "agent run",
      positionals: ["agentId"],
      rest: "command",
      runs: true,
      flags: { ...jobFlags, ...stdinFlags },
    },
    record: "own",
    input: AgentRun,
    output: RunEvent,
  }),
} as const;
