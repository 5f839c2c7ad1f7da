import { MoorageError } from "../../base/errors.ts";
import { sha256 } from "../../base/sha256.ts";
import type { ImageInfo } from "../engine.ts";
import type { FileStore } from "./file/file-store.ts";

export type MemoryImage = ImageInfo & {
  /** Variables of every unit of this image. */
  readonly env: Readonly<Record<string, string>>;
  /** What its units run as their own program. */
  readonly command: readonly string[];
  /** Of one that was made of a unit: all its files, `/workspace` among them. */
  readonly snapshot?: { readonly labels: Readonly<Record<string, string>>; readonly files: FileStore };
};

/** An image whose digest and size follow from its reference, so that they are the same in every test. */
export function namedImage(reference: string): MemoryImage {
  const digest = sha256(`image ${reference}`);
  return {
    reference,
    digest,
    id: digest,
    sizeBytes: 1_000_000 + Number.parseInt(digest.slice(-4), 16),
    user: "",
    triggers: [],
    env: {},
    command: [],
  };
}

export function notFound(reference: string): MoorageError {
  return new MoorageError("IMAGE_NOT_FOUND", `There is no image ${reference}, neither here nor in a registry.`);
}

/** What the port tells of it. */
export function imageInfo({ reference, digest, id, sizeBytes, user, triggers }: MemoryImage): ImageInfo {
  return { reference, digest, id, sizeBytes, user, triggers };
}
