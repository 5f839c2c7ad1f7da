import { z } from "zod";
import { MoorageError } from "../../../base/errors.ts";
import type { OutputChunk, OutputPage } from "../../engine.ts";
import type { EngineApi } from "../api/engine-api.ts";
import type { Unit } from "../unit/units.ts";
import { createFrameReader } from "./demultiplex.ts";

const SILENCE_MS = 30_000;
/** The engine keeps a megabyte; its own words about each line come on top. */
const MAX_BYTES = 8 * 1024 * 1024;
/** The engine stamps two streams at one time: what came later may have an earlier time, by much less than this. */
const EARLIER_S = 10;
const SPACE = 32;

/** One entry of the engine's log: a line, or a part of a long one. */
type Entry = OutputChunk & { readonly at: string };

/** The engine's time of the last entry that was read, and which of that time it was. */
const Cursor = z.tuple([z.string(), z.int().min(0)]);

/**
 * What a main process has printed behind a place. A place is an entry of the engine's log, by its time to the nanosecond:
 * an offset in bytes would be a guess once the engine has dropped the beginning.
 */
export async function readOutputPage(
  api: EngineApi,
  unit: Unit | undefined,
  { after, signal }: { readonly after?: string | undefined; readonly signal?: AbortSignal | undefined },
): Promise<OutputPage> {
  const cursor = after === undefined ? undefined : parsed(after);
  if (unit === undefined || unit.container.HostConfig.LogConfig?.Type === "none") {
    return { chunks: [], next: after ?? null, gap: false };
  }
  const since = cursor === undefined ? {} : { since: String(Math.floor(Date.parse(cursor[0]) / 1000) - EARLIER_S) };
  const query = { stdout: "1", stderr: "1", timestamps: "1", ...since };
  const path = `/containers/${unit.container.Id}/logs`;
  const source = await api.stream({ method: "GET", path, query, signal });
  source.setTimeout(SILENCE_MS, () => source.destroy(new Error("Docker fell silent")));
  const entries = await entriesOf(source);
  const seen = cursor === undefined ? -1 : placeOf(entries, cursor);
  const fresh = entries.slice(seen + 1);
  return {
    chunks: fresh.map(({ stream, data }) => ({ stream, data })),
    next: cursorOf(entries) ?? after ?? null,
    gap: cursor !== undefined && seen < 0,
  };
}

async function entriesOf(source: AsyncIterable<Uint8Array>): Promise<readonly Entry[]> {
  const frames = createFrameReader();
  const entries: Entry[] = [];
  let bytes = 0;
  try {
    for await (const part of source) {
      bytes += part.length;
      if (bytes > MAX_BYTES) break;
      for (const { stream, data } of frames.push(part)) {
        const end = data.indexOf(SPACE);
        entries.push({
          stream,
          at: Buffer.from(data.subarray(0, end)).toString("latin1"),
          data: data.subarray(end + 1),
        });
      }
    }
  } catch (error) {
    throw new MoorageError("ENGINE_FAILED", "The connection to a sandbox's log broke.", { cause: error });
  }
  return entries;
}

/** The index of the entry; -1 when it is no longer there. */
function placeOf(entries: readonly Entry[], [at, ordinal]: z.output<typeof Cursor>): number {
  let before = 0;
  return entries.findIndex((entry) => entry.at === at && before++ === ordinal);
}

function cursorOf(entries: readonly Entry[]): string | undefined {
  const at = entries.at(-1)?.at;
  if (at === undefined) return undefined;
  const alike = entries.filter((entry) => entry.at === at).length;
  return Buffer.from(JSON.stringify([at, alike - 1])).toString("base64url");
}

function parsed(after: string): z.output<typeof Cursor> {
  try {
    const cursor = Cursor.parse(JSON.parse(Buffer.from(after, "base64url").toString()));
    if (!Number.isNaN(Date.parse(cursor[0]))) return cursor;
  } catch {
    // Told below.
  }
  throw new MoorageError("INVALID_INPUT", `${JSON.stringify(after)} is no place in the output of a sandbox.`, {
    hint: "Give what an earlier answer called `next`, or nothing to begin with the oldest that is kept.",
  });
}
