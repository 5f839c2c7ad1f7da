import { z } from "zod";
import { unary } from "../operation.ts";
import { Id } from "../primitives.ts";
import { RunRecord } from "../run.ts";
import { readOnly } from "./bindings.ts";

export const runOperations = {
  get: unary({
    summary: "Read the record of a run, with the output that was kept.",
    http: { method: "get", path: "/v1/runs/{runId}" },
    cli: { command: "sandbox logs", positionals: ["runId"] },
    mcp: readOnly,
    input: z.strictObject({ runId: Id }),
    output: RunRecord,
  }),
} as const;
