import { MoorageError } from "../../base/errors.ts";
import type { SandboxOutput } from "../../contracts/types.ts";
import type { Call } from "../context.ts";
import { reachSandbox } from "./sandboxes.ts";

type OutputInput = {
  readonly id: string;
  readonly after?: string | undefined;
  readonly tail?: number | undefined;
};

/** What a sandbox's own main process printed, also after it has ended. */
export async function mainOutput(call: Call, { id, after, tail }: OutputInput): Promise<SandboxOutput> {
  const { context, signal, row } = await reachSandbox(call, id);
  if (!row.useImageCommand && row.command === null) {
    const message = `The sandbox "${row.name ?? row.id}" has no main process of its own, so there is no output of one.`;
    const hint = `The output of its runs is kept: \`moorage sandbox runs ${row.name ?? row.id}\`.`;
    throw new MoorageError("INVALID_INPUT", message, { hint });
  }
  const { chunks, next, gap } = await context.engine.outputSince(row.id, after, signal);
  const textOf = (wanted: "stdout" | "stderr"): string =>
    lastLines(Buffer.concat(chunks.filter(({ stream }) => stream === wanted).map(({ data }) => data)).toString(), tail);
  return {
    stdout: textOf("stdout"),
    stderr: textOf("stderr"),
    bytes: chunks.reduce((sum, { data }) => sum + data.length, 0),
    next,
    gap,
  };
}

/** The last lines of a text; a newline at its end begins no line. */
function lastLines(text: string, count: number | undefined): string {
  if (count === undefined) return text;
  const lines = text.split(/(?<=\n)/);
  return lines.slice(-count).join("");
}
