import { posix } from "node:path";
import { z } from "zod";
import { MoorageError } from "../../../../base/errors.ts";
import type { ArchivedImage, ArchivedLayer } from "../../../oci-layout.ts";

const MAX_DOCUMENTS_BYTES = 64 * 1024 * 1024;

const Manifest = z.array(z.object({ Config: z.string(), Layers: z.array(z.string()) })).length(1);

/** What was read of an engine's archive of one image. */
export class SavedImage {
  readonly #documents = new Map<string, Uint8Array>();
  readonly #layers = new Map<string, ArchivedLayer>();
  readonly #links = new Map<string, string>();
  #bytes = 0;

  document(name: string, bytes: Uint8Array): void {
    this.#bytes += bytes.length;
    if (this.#bytes > MAX_DOCUMENTS_BYTES) throw unusual(`more than ${MAX_DOCUMENTS_BYTES} bytes of documents`);
    this.#documents.set(posix.normalize(name), bytes);
  }

  layer(name: string, layer: ArchivedLayer): void {
    this.#layers.set(posix.normalize(name), layer);
  }

  /** Engines write a layer once, and links where it is there again. */
  link(name: string, target: string, type: "symlink" | "link"): void {
    const from = type === "symlink" ? posix.dirname(name) : ".";
    this.#links.set(posix.normalize(name), posix.join(from, target));
  }

  /** Once all was read. */
  whole(): Omit<ArchivedImage, "tag"> {
    const [image] = Manifest.parse(JSON.parse(text(this.#at(this.#documents, "manifest.json"))));
    if (image === undefined) throw unusual("no image");
    return {
      config: this.#at(this.#documents, image.Config),
      layers: image.Layers.map((name) => this.#at(this.#layers, name)),
    };
  }

  #at<T>(kept: ReadonlyMap<string, T>, name: string): T {
    const path = posix.normalize(name);
    const found = kept.get(path) ?? kept.get(this.#links.get(path) ?? path);
    if (found === undefined) throw unusual(`no "${name}"`);
    return found;
  }
}

function text(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

function unusual(what: string): MoorageError {
  return new MoorageError("ENGINE_FAILED", `The engine's archive of the image has ${what}.`);
}
