import { createHash } from "node:crypto";
import type { Pack } from "tar-stream";
import { isMoorageError } from "../../../base/errors.ts";
import { sha256 } from "../../../base/sha256.ts";
import { fillEntry, repackTar, type Repacking, type TarEntry, type TarSink } from "../../../base/tar-streams.ts";
import { Spool } from "../../../engine/spool.ts";
import { Budget } from "./budget.ts";
import { Contents, invalid, type Content } from "./contents.ts";
import { findImage, type FoundImage } from "./find-image.ts";
import { peeked } from "./unpacked.ts";
import { Unpacking } from "./unpacking.ts";

const MAX_DOCUMENT_BYTES = 4 * 1024 * 1024;
const MAX_DOCUMENTS_BYTES = 32 * 1024 * 1024;

export type Loading = {
  /** What the image is called. */
  readonly reference: string;
  /** Of the archive, and once more of what its layers unpack to. */
  readonly maxBytes: number;
  /** The configuration that it gets instead of its own. @default its own */
  readonly amend?: (config: Uint8Array) => Uint8Array;
  /** Called once all is checked, before the engine is told that there is an image. */
  readonly checked: () => Promise<void>;
};

/**
 * An archive of one image, of whoever's making (OCI layout, `docker save`), as an archive that an engine loads under one
 * name. Contents pass as they come; what they must be is known only afterwards, so that the list of what they make, without
 * which an engine loads nothing, is written only when all digests are right.
 */
export async function* loadableArchive(
  source: AsyncIterable<Uint8Array>,
  loading: Loading,
): AsyncGenerator<Uint8Array, void, undefined> {
  const rewrite: Repacking["rewrite"] = async (entries, written) => {
    const taking = new Taking(written, loading.maxBytes);
    for await (const entry of entries) await taking.take(entry);
    const image = findImage(taking.contents, { ofSandbox: loading.amend !== undefined });
    await loading.checked();
    list(written, image, loading);
  };
  try {
    yield* repackTar(counted(source, new Budget(loading.maxBytes, "The archive")), { rewrite });
  } catch (error) {
    throw explained(error);
  }
}

async function* counted(source: AsyncIterable<Uint8Array>, budget: Budget) {
  for await (const chunk of source) {
    budget.take(chunk.length);
    yield chunk;
  }
}

/** What makes an image of the files that were written. */
function list(written: Pack, { config, layers }: FoundImage, { reference, amend }: Loading): void {
  const bytes = amend === undefined ? config : amend(config);
  const name = `${sha256(bytes).slice("sha256:".length)}.json`;
  written.entry({ name }, Buffer.from(bytes));
  const manifest = [{ Config: name, RepoTags: [reference], Layers: layers.map(({ file }) => file) }];
  written.entry({ name: "manifest.json" }, JSON.stringify(manifest));
}

class Taking {
  readonly contents = new Contents();
  readonly #written: Pack;
  readonly #unpacked: Budget;
  readonly #documents = new Budget(MAX_DOCUMENTS_BYTES, "What the archive says of itself");
  #count = 0;

  constructor(written: Pack, maxBytes: number) {
    this.#written = written;
    this.#unpacked = new Budget(maxBytes, "What the archive unpacks to");
  }

  async take(entry: TarEntry): Promise<void> {
    const { name, type, linkname } = entry.header;
    if (type === "file" || type === "contiguous-file") {
      const path = this.contents.place(name);
      this.contents.add(path, await this.#file(entry));
      return;
    }
    if (type === "symlink" || type === "link") this.contents.link(name, linkname ?? "", type);
    else if (type === "directory") new Contents().place(name);
    else throw invalid(`its entry ${JSON.stringify(name)} is a ${type ?? "nameless kind of entry"}`);
  }

  async #file(entry: TarEntry): Promise<Content> {
    const { size } = entry.header;
    const file = `contents/${(this.#count += 1)}`;
    const sink = (sizeBytes: number): TarSink => this.#written.entry({ name: file, size: sizeBytes, mode: 0o600 });
    await using spool = new Spool();
    const { packing, whole } = await peeked(entry);
    const unpacking =
      packing === undefined ? undefined : new Unpacking(this.#unpacked, packing === "zstd" ? spool : undefined);
    const reading = new Reading({ isSmall: size <= MAX_DOCUMENT_BYTES, budget: this.#unpacked, unpacking });
    // Engines as old as Docker 20.10 know no zstd.
    if (packing === "zstd") for await (const _packed of reading.pass(whole));
    else await fillEntry(sink(size), reading.pass(whole));
    const { digest, document } = reading;
    this.#documents.take(document?.length ?? 0);
    const unpackedDigest = unpacking === undefined ? digest : await unpacking.end();
    if (packing === "zstd" && unpackedDigest !== undefined) await fillEntry(sink(spool.sizeBytes), spool.read());
    return { file, digest, sizeBytes: size, document, unpackedDigest };
  }
}

type Watched = { readonly isSmall: boolean; readonly budget: Budget; readonly unpacking: Unpacking | undefined };

/** What a file turns out to be while it passes. */
class Reading {
  readonly #hash = createHash("sha256");
  readonly #watched: Watched;
  readonly #kept: Uint8Array[] = [];

  constructor(watched: Watched) {
    this.#watched = watched;
  }

  /** Its bytes, where it looks like JSON. */
  get document(): Uint8Array | undefined {
    const [first] = this.#kept;
    return first === undefined ? undefined : Buffer.concat(this.#kept);
  }

  /** Of all of it, once. */
  get digest(): string {
    return `sha256:${this.#hash.digest("hex")}`;
  }

  async *pass(content: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
    const { isSmall, budget, unpacking } = this.#watched;
    let isFirst = true;
    for await (const chunk of content) {
      const looksJson = isFirst ? chunk[0] === 0x7b || chunk[0] === 0x5b : this.#kept.length > 0;
      if (isSmall && looksJson) this.#kept.push(chunk);
      isFirst = false;
      this.#hash.update(chunk);
      if (unpacking === undefined) budget.take(chunk.length);
      else await unpacking.add(chunk);
      yield chunk;
    }
  }
}

function explained(error: unknown): Error {
  if (isMoorageError(error)) return error;
  const words = error instanceof Error ? error.message : String(error);
  return invalid(`it cannot be read as tar (${words})`, error);
}
