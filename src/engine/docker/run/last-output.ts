import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import type { OutputChunk } from "../../engine.ts";
import type { EngineApi } from "../api/engine-api.ts";
import type { Unit } from "../unit/units.ts";
import { AttachedOutput } from "./attached-output.ts";
import { READY_LINE } from "./run-scripts.ts";

const TAIL_LINES = "10000";
const SILENCE_MS = 30_000;
const MAX_BYTES = 4 * 1024 * 1024;

/** The tail that the engine's log keeps of a job's output, or of a sandbox's own program. */
export async function readLastOutput(
  api: EngineApi,
  unit: Unit | undefined,
  signal?: AbortSignal,
): Promise<readonly OutputChunk[]> {
  if (unit === undefined || unit.container.HostConfig.LogConfig?.Type === "none") return [];
  const query = { stdout: "1", stderr: "1", tail: TAIL_LINES };
  const path = `/containers/${unit.container.Id}/logs`;
  const source = await api.stream({ method: "GET", path, query, signal });
  source.setTimeout(SILENCE_MS, () => source.destroy(new Error("Docker fell silent")));
  return chunksOf(new AttachedOutput(source));
}

async function chunksOf(output: AttachedOutput): Promise<readonly OutputChunk[]> {
  const first = await output.firstLine;
  const chunks: OutputChunk[] = [];
  // Once the log has been cut at its beginning, the first line is the program's.
  if (first !== undefined && first !== READY_LINE) chunks.push({ stream: "stdout", data: Buffer.from(`${first}\n`) });
  let bytes = 0;
  for await (const chunk of output.chunks) {
    chunks.push(chunk);
    bytes += chunk.data.length;
    if (bytes > MAX_BYTES) break;
  }
  await output.close();
  if (output.failure === undefined || isMoorageError(output.failure)) return chunks;
  throw new MoorageError("ENGINE_FAILED", "The connection to a job's log broke.", { cause: output.failure });
}
