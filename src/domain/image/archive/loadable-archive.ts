import { createHash } from "node:crypto";
import type { Pack } from "tar-stream";
import { isMoorageError } from "../../../base/errors.ts";
import { sha256 } from "../../../base/sha256.ts";
import { bytesOf, fillEntry, repackTar, type Repacking, type TarEntry } from "../../../base/tar-streams.ts";
import { Budget } from "./budget.ts";
import { Contents, invalid, type Content } from "./contents.ts";
import { findImage, type FoundImage } from "./find-image.ts";
import { UnpackedDigest } from "./unpacked-digest.ts";

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
    const reading = new Reading(size <= MAX_DOCUMENT_BYTES, this.#unpacked);
    const sink = this.#written.entry({ name: file, size, mode: 0o600 });
    await fillEntry(sink, reading.pass(entry));
    const { document } = reading;
    this.#documents.take(document?.length ?? 0);
    const digest = reading.digest();
    return { file, digest, sizeBytes: size, document, unpackedDigest: await reading.unpackedDigest(digest) };
  }
}

/** What a file turns out to be while it passes. */
class Reading {
  readonly #hash = createHash("sha256");
  readonly #budget: Budget;
  readonly #small: boolean;
  readonly #kept: Uint8Array[] = [];
  #unpacking: UnpackedDigest | undefined;

  constructor(small: boolean, budget: Budget) {
    this.#small = small;
    this.#budget = budget;
  }

  /** Its bytes, where it looks like JSON. */
  get document(): Uint8Array | undefined {
    const [first] = this.#kept;
    return first === undefined ? undefined : Buffer.concat(this.#kept);
  }

  digest(): string {
    return `sha256:${this.#hash.digest("hex")}`;
  }

  unpackedDigest(own: string): Promise<string | undefined> {
    return this.#unpacking?.end() ?? Promise.resolve(own);
  }

  async *pass(entry: AsyncIterable<unknown>): AsyncGenerator<Uint8Array, void, undefined> {
    let isFirst = true;
    for await (const chunk of bytesOf(entry)) {
      if (isFirst && chunk[0] === 0x1f && chunk[1] === 0x8b) this.#unpacking = new UnpackedDigest(this.#budget);
      const looksJson = isFirst ? chunk[0] === 0x7b || chunk[0] === 0x5b : this.#kept.length > 0;
      if (this.#small && looksJson) this.#kept.push(chunk);
      isFirst = false;
      this.#hash.update(chunk);
      if (this.#unpacking === undefined) this.#budget.take(chunk.length);
      else await this.#unpacking.add(chunk);
      yield chunk;
    }
  }
}

function explained(error: unknown): Error {
  if (isMoorageError(error)) return error;
  const words = error instanceof Error ? error.message : String(error);
  return invalid(`it cannot be read as tar (${words})`, error);
}
