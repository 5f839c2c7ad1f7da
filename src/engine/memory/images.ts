import { z } from "zod";
import { MoorageError } from "../../base/errors.ts";
import { sha256 } from "../../base/sha256.ts";
import type { ImageStore, UnitSpec } from "../engine.ts";
import { imageInfo, notFound, type MemoryImage } from "./memory-image.ts";
import { createMemoryTransfers, type EnterMemoryImages } from "./memory-transfers.ts";
import type { MemoryRegistry } from "./memory-registry.ts";

/** What of a host its images are about. */
type ImageHost = {
  readonly images: Map<string, MemoryImage>;
  readonly units: ReadonlyMap<string, { readonly id: string; readonly spec: UnitSpec }>;
};

type Build = Parameters<ImageStore["build"]>[0];

/** The images of a host; `registry` has what can be pulled; `enter` may refuse a call. */
export function createMemoryImages(
  { images, units }: ImageHost,
  registry: MemoryRegistry,
  enter: EnterMemoryImages,
): ImageStore {
  return {
    ...createMemoryTransfers(images, registry, enter),
    find: async (reference, signal) => {
      await enter("find", signal);
      const image = images.get(reference);
      return image === undefined || image.snapshot !== undefined ? undefined : imageInfo(image);
    },
    build: async (spec, { signal, onLog }) => {
      await enter("build", signal);
      const image = built(images, spec, onLog ?? (() => undefined));
      images.set(spec.tag, image);
      return imageInfo(image);
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
  return { ...image, reference: tag, digest, id: digest, sizeBytes: image.sizeBytes + dockerfile.length };
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
