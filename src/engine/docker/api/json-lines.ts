import type { z } from "zod";
import { MoorageError } from "../../../base/errors.ts";

const MAX_LINE_BYTES = 8 * 1024 * 1024;

/** The values of a stream of JSON, one a line. Lines may be split over chunks and of any length up to 8 MiB. */
export async function* readJsonLines<T>(
  source: AsyncIterable<Uint8Array>,
  schema: z.ZodType<T>,
): AsyncGenerator<T, void, undefined> {
  let parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of source) {
    let rest = chunk;
    for (let end = rest.indexOf(10); end >= 0; end = rest.indexOf(10)) {
      yield* parsed([...parts, rest.subarray(0, end)], schema);
      parts = [];
      bytes = 0;
      rest = rest.subarray(end + 1);
    }
    bytes += rest.length;
    if (bytes > MAX_LINE_BYTES)
      throw new MoorageError("ENGINE_FAILED", `Docker sent a line of over ${MAX_LINE_BYTES} bytes.`);
    if (rest.length > 0) parts.push(rest);
  }
  yield* parsed(parts, schema);
}

function parsed<T>(parts: readonly Uint8Array[], schema: z.ZodType<T>): T[] {
  const text = Buffer.concat(parts).toString().trim();
  if (text === "") return [];
  try {
    return [schema.parse(JSON.parse(text))];
  } catch (cause) {
    throw new MoorageError("ENGINE_FAILED", "Docker sent a line that is not what its API promises.", { cause });
  }
}
