const NEWLINE = 10;
/** Of a longer line only so much is looked at. */
const MAX_LINE_BYTES = 1024 * 1024;
/** Where a NUL says that a file is no text. */
const HEAD_BYTES = 8 * 1024;

/** The lines of a text, without their ends; undefined as the only one where it is no text. */
export async function* linesOf(
  content: AsyncIterable<Uint8Array>,
): AsyncGenerator<string | undefined, void, undefined> {
  let begun: Uint8Array[] = [];
  let begunBytes = 0;
  let first = true;
  const take = (piece: Uint8Array): void => {
    const kept = piece.subarray(0, MAX_LINE_BYTES - begunBytes);
    begun.push(kept);
    begunBytes += kept.length;
  };
  const line = (): string => {
    const text = Buffer.concat(begun).toString().replace(/\r$/, "");
    begun = [];
    begunBytes = 0;
    return text;
  };
  for await (const chunk of content) {
    if (first && chunk.subarray(0, HEAD_BYTES).includes(0)) return yield undefined;
    first = false;
    let from = 0;
    for (let end = chunk.indexOf(NEWLINE); end >= 0; end = chunk.indexOf(NEWLINE, from)) {
      take(chunk.subarray(from, end));
      yield line();
      from = end + 1;
    }
    if (from < chunk.length) take(chunk.subarray(from));
  }
  if (begunBytes > 0) yield line();
}
