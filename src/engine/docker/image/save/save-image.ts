import { createHash } from "node:crypto";
import type { Pack } from "tar-stream";
import { canceled } from "../../../../base/deadline.ts";
import type { ImageReference } from "../../../../base/image-reference.ts";
import { isMoorageError, MoorageError } from "../../../../base/errors.ts";
import { sha256 } from "../../../../base/sha256.ts";
import { blobPath, layerMediaType, layoutDocuments, type ArchivedLayer } from "../../../oci-layout.ts";
import type { EngineApi } from "../../api/engine-api.ts";
import { Spool } from "../../../spool.ts";
import { bytesOf, fillEntry, repackTar, type Repacking, type TarEntry } from "../../../../base/tar-streams.ts";
import { writeHeader } from "../../file/tar-header.ts";
import { SavedImage } from "./saved-image.ts";

/** The engine may write all of a large image to its disk before it begins to answer. */
const BEGIN_MS = 1_800_000;
const SILENCE_MS = 300_000;
const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;

/** What has its digest as its name needs not be read to know it. */
const NAMED = /(?:^|\/)([0-9a-f]{64})(?:\.tar)?$/;
const NAMELESS = /(?:^|\/)layer\.tar$/;

/**
 * The image as an OCI archive, made of what the engine answers while it comes: engines of each age and make have a form
 * of their own. Layers are as the engine gives them, mostly not compressed; each is checked against its digest.
 */
export async function* saveImage(
  api: EngineApi,
  reference: ImageReference,
  signal: AbortSignal | undefined,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { whole } = reference;
  const source = await api.stream({ method: "GET", path: `/images/${whole}/get`, timeoutMs: BEGIN_MS, signal });
  const cut = (): void => void source.destroy(new Error("canceled", { cause: signal?.reason }));
  signal?.addEventListener("abort", cut, { once: true });
  source.setTimeout(SILENCE_MS, () => source.destroy(new Error("the engine fell silent")));
  const tag = whole.includes("@") ? undefined : whole;
  const rewrite: Repacking["rewrite"] = async (entries, written) => {
    written.once("close", () => void source.destroy());
    const saved = new SavedImage();
    const blobs = new Blobs(written);
    for await (const entry of entries) await take(entry, saved, blobs);
    for (const { name, bytes } of layoutDocuments({ ...saved.whole(), tag })) put(written, name, bytes);
  };
  try {
    yield* repackTar(source, { rewrite });
  } catch (error) {
    if (signal?.aborted === true) throw canceled(signal.reason);
    if (isMoorageError(error)) throw error;
    const words = error instanceof Error ? error.message : String(error);
    throw new MoorageError("ENGINE_FAILED", `Reading the image ${whole} broke off: ${words}`, { cause: error });
  } finally {
    signal?.removeEventListener("abort", cut);
    source.destroy();
  }
}

async function take(entry: TarEntry, saved: SavedImage, blobs: Blobs): Promise<void> {
  const { name, type, linkname, size } = entry.header;
  if (type === "symlink" || type === "link") saved.link(name, linkname ?? "", type);
  else if (size <= MAX_DOCUMENT_BYTES) {
    const bytes = Buffer.concat(await Array.fromAsync(bytesOf(entry)));
    if (isDocument(name, bytes)) saved.document(name, bytes);
    else if (NAMED.test(name) || NAMELESS.test(name)) saved.layer(name, blobs.small(bytes));
  } else {
    const digest = NAMED.exec(name)?.[1];
    if (digest !== undefined) saved.layer(name, await blobs.named(entry, `sha256:${digest}`, size));
    else if (NAMELESS.test(name)) saved.layer(name, await blobs.nameless(entry));
  }
}

/** JSON, and no layer whose first file has a name that looks so. */
function isDocument(name: string, bytes: Buffer): boolean {
  if (name.endsWith(".tar") || bytes.toString("latin1", 257, 262) === "ustar") return false;
  return bytes[0] === 0x7b || bytes[0] === 0x5b;
}

/** What is written of layers: each content once. */
class Blobs {
  readonly #written: Pack;
  readonly #there = new Set<string>();

  constructor(written: Pack) {
    this.#written = written;
  }

  small(bytes: Uint8Array): ArchivedLayer {
    const digest = sha256(bytes);
    if (this.#isNew(digest)) put(this.#written, blobPath(digest), bytes);
    return { digest, sizeBytes: bytes.length, mediaType: layerMediaType(bytes) };
  }

  async named(content: AsyncIterable<unknown>, digest: string, sizeBytes: number): Promise<ArchivedLayer> {
    const seen = new Seen();
    if (this.#isNew(digest)) await this.#write(seen.pass(bytesOf(content)), digest, sizeBytes);
    else for await (const _again of seen.pass(bytesOf(content)));
    if (seen.digest === digest) return { digest, sizeBytes, mediaType: seen.mediaType };
    throw new MoorageError("ENGINE_FAILED", `The engine gave ${seen.digest} for the layer ${digest}.`);
  }

  /** Its digest, which goes before it, is known only once all of it was read. */
  async nameless(content: AsyncIterable<unknown>): Promise<ArchivedLayer> {
    await using spool = new Spool();
    const seen = new Seen();
    await spool.fill(seen.pass(bytesOf(content)));
    const { digest, mediaType } = seen;
    if (this.#isNew(digest)) await this.#write(spool.read(), digest, spool.sizeBytes);
    return { digest, sizeBytes: spool.sizeBytes, mediaType };
  }

  #isNew(digest: string): boolean {
    if (this.#there.has(digest)) return false;
    this.#there.add(digest);
    return true;
  }

  async #write(content: AsyncIterable<Uint8Array>, digest: string, size: number): Promise<void> {
    await fillEntry(writeHeader(this.#written, { ...HEADER, name: blobPath(digest), size }), content);
  }
}

const HEADER = { type: "file", mode: 0o644, mtime: new Date(0) } as const;

function put(written: Pack, name: string, bytes: Uint8Array): void {
  written.entry({ ...HEADER, name, size: bytes.length }, Buffer.from(bytes));
}

/** What has passed by. */
class Seen {
  readonly #hash = createHash("sha256");
  #mediaType: string | undefined;
  #digest: string | undefined;

  get digest(): string {
    return (this.#digest ??= `sha256:${this.#hash.digest("hex")}`);
  }

  get mediaType(): string {
    return this.#mediaType ?? layerMediaType(new Uint8Array());
  }

  async *pass(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    for await (const chunk of source) {
      this.#hash.update(chunk);
      this.#mediaType ??= layerMediaType(chunk);
      yield chunk;
    }
  }
}
