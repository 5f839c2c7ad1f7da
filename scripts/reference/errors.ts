import { ERROR_CODES, type Fault } from "../../src/base/error-codes.ts";
import { code, page, table } from "./markdown.ts";

const MOVES: Readonly<Record<Fault, string>> = { caller: "yours", engine: "the engine's", moorage: "Moorage's" };

const FORM = `Every error has one form, at every door:

\`\`\`json
{ "error": { "code": "NOT_FOUND", "message": "…", "hint": "…", "details": {}, "retry": false, "requestId": "…" } }
\`\`\`

It is the body of a failed HTTP request, the last line of a stream that failed after it had begun (there with \`"type": "error"\`), what \`--json\` prints, and the content of an MCP result with \`isError\`. The message says what failed, with the value and what was expected; the hint says what to do next. \`retry\` is true when the same call may succeed later without a change. A command that exits with another code than 0 is a result, not an error.

Those that run or follow a program, and \`jobs\`, exit with 125 for every error, since the other codes are the programs' own. A released code is never renamed or used for something else.`;

export function errorsReference(): string {
  const rows = Object.entries(ERROR_CODES).map(([name, { status, exit, retry, fault, hint }]) => [
    code(name),
    String(status),
    String(exit),
    retry ? "yes" : "no",
    MOVES[fault],
    hint,
  ]);
  return page("Errors", [FORM, table(["code", "HTTP status", "exit code", "retry", "whose move", "hint"], rows)]);
}
