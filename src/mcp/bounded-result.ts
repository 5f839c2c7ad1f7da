type Fields = Readonly<Record<string, unknown>>;

/** Most characters of one output that an agent is sent; half from its head, half from its tail. */
export const MAX_OUTPUT_CHARACTERS = 64 * 1024;

/** A run's result that fits into a conversation. What was left out is told in `warnings`, with where to read it. */
export function boundedResult(result: Fields): Fields {
  const cuts = ["stdout", "stderr"].flatMap((output) => cutOf(output, result));
  if (cuts.length === 0) return result;
  const shortened: Record<string, unknown> = { ...result };
  for (const { output, text } of cuts) {
    shortened[output] = text;
    // The same bytes again, and as long.
    delete shortened[`${output}Base64`];
  }
  const warnings: unknown[] = Array.isArray(result["warnings"]) ? result["warnings"] : [];
  return { ...shortened, warnings: [...warnings, ...cuts.map(({ note }) => note)] };
}

function cutOf(output: string, result: Fields) {
  const text = result[output];
  if (typeof text !== "string" || text.length <= MAX_OUTPUT_CHARACTERS) return [];
  const half = MAX_OUTPUT_CHARACTERS / 2;
  const omitted = text.length - MAX_OUTPUT_CHARACTERS;
  const runId = JSON.stringify(result["runId"]);
  const note = `${output}: ${omitted} characters in the middle are left out here; run_get with runId ${runId} has what was kept.`;
  const marker = `\n[${omitted} characters left out]\n`;
  return [{ output, text: `${wholeStart(text.slice(0, half))}${marker}${wholeEnd(text.slice(-half))}`, note }];
}

// A cut between the two halves of a character would leave something that is no text.
function wholeStart(text: string): string {
  return /[\uD800-\uDBFF]$/.test(text) ? text.slice(0, -1) : text;
}

function wholeEnd(text: string): string {
  return /^[\uDC00-\uDFFF]/.test(text) ? text.slice(1) : text;
}
