import { createHash } from "node:crypto";
import { pack } from "tar-stream";
import { canceled } from "../../../base/deadline.ts";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { Spool } from "../../spool.ts";
import { bytesOf } from "../../../base/tar-streams.ts";
import { WORKSPACE } from "../unit/container-spec.ts";
import { asLayer } from "./as-layer.ts";
import { refuseWhiteouts } from "./refuse-whiteouts.ts";

const SILENCE_MS = 300_000;

/** A layer of an image: all that is in /workspace. */
export type WorkspaceLayer = AsyncDisposable & {
  /** Of the layer's bytes, `sha256:…`. */
  readonly digest: string;
  readonly sizeBytes: number;
  /** To be read once. */
  readonly read: () => AsyncIterable<Uint8Array>;
};

/** The layer that hides what lower layers have in /workspace, and has nothing there. */
export async function emptyWorkspaceLayer(): Promise<WorkspaceLayer> {
  const archive = pack();
  archive.entry({ name: `${WORKSPACE.slice(1)}/`, type: "directory", mode: 0o755 });
  archive.finalize();
  const layer = await Array.fromAsync(asLayer(bytesOf(archive), WORKSPACE.slice(1)));
  const bytes = Buffer.concat(layer);
  const digest = `sha256:${createHash("sha256").update(bytes).digest("hex")}`;
  const read = async function* (): AsyncGenerator<Uint8Array> {
    yield await Promise.resolve(bytes);
  };
  return { digest, sizeBytes: bytes.length, read, [Symbol.asyncDispose]: () => Promise.resolve() };
}

type Wanted = { readonly containerId: string; readonly maxBytes: number; readonly signal: AbortSignal | undefined };

/**
 * Reads the workspace of a container, wherever it is mounted from, as the layer that puts it in the place of whatever
 * the layers below have there. What engines archive of a directory is nearly such a layer: names begin with the
 * directory's own. LIMIT_EXCEEDED when it is larger than `maxBytes`.
 */
export async function readWorkspaceLayer(api: EngineApi, wanted: Wanted): Promise<WorkspaceLayer> {
  const { containerId, maxBytes, signal } = wanted;
  const hash = createHash("sha256");
  const spool = new Spool(maxBytes);
  const path = `/containers/${containerId}/archive`;
  const source = await api.stream({ method: "GET", path, query: { path: WORKSPACE }, signal });
  const cut = (): void => void source.destroy(new Error("canceled", { cause: signal?.reason }));
  signal?.addEventListener("abort", cut, { once: true });
  source.setTimeout(SILENCE_MS, () => source.destroy(new Error("Docker fell silent")));
  try {
    await spool.fill(hashed(hash, asLayer(refuseWhiteouts(bytesOf(source)), WORKSPACE.slice(1))));
  } catch (error) {
    await spool[Symbol.asyncDispose]();
    throw signal?.aborted === true ? canceled(signal.reason) : explained(error, maxBytes);
  } finally {
    signal?.removeEventListener("abort", cut);
    source.destroy();
  }
  const digest = `sha256:${hash.digest("hex")}`;
  const { sizeBytes } = spool;
  return { digest, sizeBytes, read: () => spool.read(), [Symbol.asyncDispose]: () => spool[Symbol.asyncDispose]() };
}

async function* hashed(hash: ReturnType<typeof createHash>, source: AsyncIterable<Uint8Array>) {
  for await (const chunk of source) {
    hash.update(chunk);
    yield chunk;
  }
}

function explained(error: unknown, maxBytes: number): unknown {
  if (!isMoorageError(error)) {
    return new MoorageError("ENGINE_FAILED", "Reading the workspace for a snapshot broke off.", { cause: error });
  }
  return error.code === "FILE_TOO_LARGE" ? tooLarge(maxBytes, error) : error;
}

export function tooLarge(maxBytes: number, cause?: unknown): MoorageError {
  return new MoorageError("LIMIT_EXCEEDED", `The snapshot would take more than ${maxBytes} bytes.`, {
    details: { maxBytes },
    cause,
  });
}
