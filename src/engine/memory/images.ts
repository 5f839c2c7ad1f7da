import { z } from "zod";
import { MoorageError } from "../../base/errors.ts";
import { sha256 } from "../../base/sha256.ts";
import type { ImageInfo, ImageStore, UnitSpec } from "../engine.ts";
import type { FileStore } from "./file/file-store.ts";

export type MemoryImage = ImageInfo & {
  /** Variables of every unit of this image. */
  readonly env: Readonly<Record<string, string>>;
  /** What its units run as their own program. */
  readonly command: readonly string[];
  /** Of one that was made of a unit: all its files, `/workspace` among them. */
  readonly snapshot?: { readonly labels: Readonly<Record<string, string>>; readonly files: FileStore };
};

/** What of a host its images are about. */
type ImageHost = {
  readonly images: Map<string, MemoryImage>;
  readonly units: ReadonlyMap<string, { readonly id: string; readonly spec: UnitSpec }>;
};

type Build = Parameters<ImageStore["build"]>[0];

/** An image whose digest and size follow from its reference, so that they are the same in every test. */
export function namedImage(reference: string): MemoryImage {
  const digest = sha256(`image ${reference}`);
  return {
    reference,
    digest,
    sizeBytes: 1_000_000 + Number.parseInt(digest.slice(-4), 16),
    user: "",
    env: {},
    command: [],
  };
}

/** The images of a host; `registry` has what `ensure` can pull; `enter` may refuse a call. */
export function createMemoryImages(
  { images, units }: ImageHost,
  registry: readonly string[],
  enter: (method: keyof ImageStore, signal: AbortSignal | undefined) => Promise<void>,
): ImageStore {
  return {
    ensure: async (reference, { signal, onProgress }) => {
      await enter("ensure", signal);
      const local = images.get(reference);
      if (local?.snapshot !== undefined) throw notFound(reference);
      if (local !== undefined) return told(local);
      if (!registry.includes(reference)) throw notFound(reference);
      onProgress?.(`Pulling ${reference}`);
      const pulled = namedImage(reference);
      images.set(reference, pulled);
      return told(pulled);
    },
    find: async (reference, signal) => {
      await enter("find", signal);
      const image = images.get(reference);
      return image === undefined || image.snapshot !== undefined ? undefined : told(image);
    },
    build: async (spec, { signal, onLog }) => {
      await enter("build", signal);
      const image = built(images, spec, onLog ?? (() => undefined));
      images.set(spec.tag, image);
      return told(image);
    },
    remove: async (reference, signal) => {
      await enter("remove", signal);
      const user = [...units.values()].find((unit) => unit.spec.image === reference);
      if (user !== undefined) {
        throw new MoorageError("CONFLICT", `The image ${reference} is in use by the sandbox ${user.id}.`);
      }
      images.delete(reference);
    },
  };
}

/** The image of a unit to be; IMAGE_NOT_FOUND when it is not there. */
export function imageOf(images: ReadonlyMap<string, MemoryImage>, reference: string): MemoryImage {
  const image = images.get(reference);
  if (image === undefined) throw notFound(reference);
  return image;
}

function notFound(reference: string): MoorageError {
  return new MoorageError("IMAGE_NOT_FOUND", `There is no image ${reference}, neither here nor in a registry.`);
}

function told({ reference, digest, sizeBytes, user }: MemoryImage): ImageInfo {
  return { reference, digest, sizeBytes, user };
}

function built(images: Map<string, MemoryImage>, { tag, dockerfile, labels }: Build, onLog: (line: string) => void) {
  const log: string[] = [];
  const say = (line: string): void => {
    log.push(line);
    onLog(line);
  };
  const steps = dockerfile
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  let image: MemoryImage | undefined;
  for (const [index, step] of steps.entries()) {
    say(`Step ${index + 1}/${steps.length} : ${step}`);
    image = applied(step, image, images);
    if (image === undefined) break;
  }
  if (image === undefined) {
    say("The last step failed: expected FROM and a known image, then ENV, LABEL, RUN, WORKDIR, USER or CMD.");
    throw new MoorageError("IMAGE_BUILD_FAILED", `The build of ${tag} failed.`, { details: { log: log.slice(-20) } });
  }
  const digest = sha256(`${image.digest}\n${dockerfile}\n${JSON.stringify(labels)}`);
  return { ...image, reference: tag, digest, sizeBytes: image.sizeBytes + dockerfile.length };
}

function applied(step: string, image: MemoryImage | undefined, images: Map<string, MemoryImage>) {
  const from = /^FROM\s+(\S+)$/i.exec(step)?.[1];
  if (from !== undefined) return images.get(from);
  if (image === undefined) return undefined;
  const [, name, value] = /^ENV\s+(\w+)=(.*)$/i.exec(step) ?? [];
  if (name !== undefined) return { ...image, env: { ...image.env, [name]: (value ?? "").replace(/^"(.*)"$/, "$1") } };
  const command = /^CMD\s+(\[.*\])$/i.exec(step)?.[1];
  if (command !== undefined) return { ...image, command: z.array(z.string()).parse(JSON.parse(command)) };
  return /^(LABEL|RUN|WORKDIR|USER|CMD)\s/i.test(step) ? image : undefined;
}
