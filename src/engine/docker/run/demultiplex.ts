import { MoorageError } from "../../../base/errors.ts";
import type { OutputChunk } from "../../engine.ts";

const HEADER_BYTES = 8;
const STREAMS = ["stdout", "stdout", "stderr"] as const;

/** Takes the engine's frames apart: one byte of stream, three of nothing, four of length, then that many bytes. */
export type Demultiplexer = {
  /** What these bytes complete or continue, joined where the stream is the same. A frame is never gathered. */
  readonly push: (bytes: Uint8Array) => OutputChunk[];
  /** False in the middle of a frame. */
  readonly isWhole: () => boolean;
};

export function createDemultiplexer(): Demultiplexer {
  const header = Buffer.alloc(HEADER_BYTES);
  let headerBytes = 0;
  let left = 0;
  let stream: "stdout" | "stderr" = "stdout";

  const takeHeader = (bytes: Uint8Array): number => {
    const taken = Math.min(HEADER_BYTES - headerBytes, bytes.length);
    header.set(bytes.subarray(0, taken), headerBytes);
    headerBytes += taken;
    if (headerBytes < HEADER_BYTES) return taken;
    stream = streamOf(header);
    left = header.readUInt32BE(4);
    headerBytes = 0;
    return taken;
  };

  return {
    push: (bytes) => {
      const chunks: OutputChunk[] = [];
      let rest = bytes;
      while (rest.length > 0) {
        if (left === 0) {
          rest = rest.subarray(takeHeader(rest));
          continue;
        }
        const data = rest.subarray(0, left);
        chunks.push({ stream, data });
        left -= data.length;
        rest = rest.subarray(data.length);
      }
      return joined(chunks);
    },
    isWhole: () => left === 0 && headerBytes === 0,
  };
}

/** Gathers frames, each of them whole: for a log, in which a frame is an entry. The caller caps what is pushed. */
export function createFrameReader(): Pick<Demultiplexer, "push"> {
  let rest: Buffer = Buffer.alloc(0);
  return {
    push: (bytes) => {
      rest = Buffer.concat([rest, bytes]);
      const frames: OutputChunk[] = [];
      for (let at = 0; ;) {
        const begin = at + HEADER_BYTES;
        const end = begin + (rest.length < begin ? 0 : rest.readUInt32BE(at + 4));
        if (rest.length < begin || rest.length < end) {
          rest = rest.subarray(at);
          return frames;
        }
        frames.push({ stream: streamOf(rest.subarray(at, begin)), data: rest.subarray(begin, end) });
        at = end;
      }
    },
  };
}

/** A program that prints in small pieces makes a frame of each: one chunk costs less than many. */
function joined(chunks: OutputChunk[]): OutputChunk[] {
  if (chunks.length < 2) return chunks;
  const runs: { readonly stream: OutputChunk["stream"]; readonly parts: Uint8Array[] }[] = [];
  for (const { stream, data } of chunks) {
    const last = runs.at(-1);
    if (last?.stream === stream) last.parts.push(data);
    else runs.push({ stream, parts: [data] });
  }
  return runs.map(({ stream, parts }) => {
    const [first] = parts;
    return { stream, data: parts.length === 1 && first !== undefined ? first : Buffer.concat(parts) };
  });
}

/** For a terminal, whose output has no frames. */
export const unframed: Demultiplexer = { push: (data) => [{ stream: "stdout", data }], isWhole: () => true };

function streamOf(header: Buffer): "stdout" | "stderr" {
  const stream = STREAMS[header[0] ?? -1];
  if (stream === undefined || header[1] !== 0 || header[2] !== 0 || header[3] !== 0) {
    throw new MoorageError("ENGINE_FAILED", `Docker sent a frame of an unknown kind (${header.toString("hex")}).`);
  }
  return stream;
}
