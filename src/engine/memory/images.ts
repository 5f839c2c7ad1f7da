import { pipeline } from "node:stream/promises";
import { extract } from "tar-stream";
import { z } from "zod";
import { sleep, throwIfCanceled } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import { sha256 } from "../../base/sha256.ts";
import { archivedImage, memoryArchive } from "./image-archive.ts";
import type { BuildEvent, BuildOptions, BuildSpec, ImageStore, UnitSpec } from "../engine.ts";
import { imageInfo, notFound, type MemoryImage } from "./memory-image.ts";
import { createMemoryTransfers, type EnterMemoryImages } from "./memory-transfers.ts";
import type { MemoryRegistry } from "./memory-registry.ts";

/** What of a host its images are about. */
type ImageHost = {
  readonly images: Map<string, MemoryImage>;
  readonly units: ReadonlyMap<string, { readonly id: string; readonly spec: UnitSpec }>;
};

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
    keepName: async (reference, signal) => {
      await enter("keepName", signal);
      const before = images.get(reference);
      const restore = (): void =>
        void (before === undefined ? images.delete(reference) : images.set(reference, before));
      return { id: before?.id, restore: () => Promise.resolve(restore()) };
    },
    build: async (spec, options) => {
      await enter("build", options.signal);
      const { image, steps } = await built(images, spec, options);
      images.set(spec.tag, image);
      return { ...imageInfo(image), steps, cachedSteps: 0 };
    },
    processObstacle: () => Promise.resolve(undefined),
    history: async (reference, signal) => {
      await enter("history", signal);
      const { sizeBytes } = imageOf(images, reference);
      return [{ createdAt: new Date(0).toISOString(), instruction: `FROM ${reference}`, sizeBytes }];
    },
    save: async function* (reference, signal) {
      await enter("save", signal);
      yield* memoryArchive(imageOf(images, reference));
    },
    load: async ({ reference, tar }, signal) => {
      await enter("load", signal);
      const image = await archivedImage(reference, tar);
      throwIfCanceled(signal);
      images.set(reference, image);
      return imageInfo(image);
    },
    // No build leaves anything here.
    removeCache: async (imageIds, signal) => {
      await enter("removeCache", signal);
      return { gone: imageIds, removed: 0, freedBytes: 0 };
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

async function built(
  images: ReadonlyMap<string, MemoryImage>,
  spec: BuildSpec,
  { signal, onEvent }: BuildOptions,
): Promise<{ readonly image: MemoryImage; readonly steps: number }> {
  const log: string[] = [];
  const tell = async (event: BuildEvent & { readonly type: "step" }): Promise<void> => {
    log.push(event.instruction);
    await onEvent?.(event);
  };
  const dockerfile = await textOf(spec.context(signal), spec.dockerfile ?? "Dockerfile");
  const instructions = dockerfile
    .replaceAll("\\\n", "")
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "" && !line.startsWith("#"));
  let image: MemoryImage | undefined;
  for (const [index, instruction] of instructions.entries()) {
    await tell({ type: "step", step: index + 1, steps: instructions.length, instruction });
    await pauseOf(instruction, signal);
    const next = applied(instruction, image, images);
    if (next === undefined) throw failed(spec, { step: index + 1, instruction, log });
    image = next;
  }
  if (image === undefined) throw failed(spec, { step: null, instruction: null, log });
  const digest = sha256(`${image.digest}\n${dockerfile}\n${JSON.stringify(spec.labels)}`);
  const sizeBytes = image.sizeBytes + dockerfile.length;
  return { image: { ...image, reference: spec.tag, digest, id: digest, sizeBytes }, steps: instructions.length };
}

type Place = { readonly step: number | null; readonly instruction: string | null; readonly log: readonly string[] };

function failed({ tag }: BuildSpec, { log, ...place }: Place): MoorageError {
  const last = "The last step failed: expected FROM and a known image, then ENV, LABEL, RUN, WORKDIR, USER or CMD.";
  const where = place.instruction === null ? "" : ` at "${place.instruction}"`;
  return new MoorageError("IMAGE_BUILD_FAILED", `Building ${tag} failed${where}: ${last}`, {
    details: { log: [...log, last].slice(-20), words: last, ...place, exitCode: null },
  });
}

async function textOf(archive: AsyncIterable<Uint8Array>, name: string): Promise<string> {
  const files = extract();
  const feeding = pipeline(archive, files);
  let text: string | undefined;
  for await (const entry of files) {
    const parts = await Array.fromAsync(entry as AsyncIterable<Uint8Array>);
    if (entry.header.name === name) text = Buffer.concat(parts).toString();
  }
  await feeding;
  if (text !== undefined) return text;
  throw new MoorageError("IMAGE_BUILD_FAILED", `The context has no ${name}.`, {
    details: { log: [], words: `no ${name}`, step: null, instruction: null, exitCode: null },
  });
}

/** The one program that steps have here. */
async function pauseOf(instruction: string, signal: AbortSignal | undefined): Promise<void> {
  const seconds = /^RUN\s+sleep\s+(\d+)$/i.exec(instruction)?.[1];
  if (seconds !== undefined) await sleep(Number(seconds) * 1000, signal);
  throwIfCanceled(signal);
}

const WITHOUT_EFFECT = /^(LABEL|RUN|WORKDIR|CMD|ARG|COPY|EXPOSE)\s/i;

function applied(step: string, image: MemoryImage | undefined, images: ReadonlyMap<string, MemoryImage>) {
  const from = /^FROM\s+(\S+)$/i.exec(step)?.[1];
  const base = from === undefined ? undefined : images.get(from);
  if (from !== undefined) return base === undefined ? undefined : { ...base, triggers: [] };
  return image === undefined ? undefined : changed(step, image);
}

function changed(step: string, image: MemoryImage): MemoryImage | undefined {
  const [, name, value] = /^ENV\s+(\w+)=(.*)$/i.exec(step) ?? [];
  if (name !== undefined) return { ...image, env: { ...image.env, [name]: (value ?? "").replace(/^"(.*)"$/, "$1") } };
  const trigger = /^ONBUILD\s+(.+)$/i.exec(step)?.[1];
  if (trigger !== undefined) return { ...image, triggers: [...image.triggers, trigger] };
  const user = /^USER\s+(\S+)$/i.exec(step)?.[1];
  if (user !== undefined) return { ...image, user };
  const command = /^CMD\s+(\[.*\])$/i.exec(step)?.[1];
  if (command !== undefined) return { ...image, command: z.array(z.string()).parse(JSON.parse(command)) };
  return WITHOUT_EFFECT.test(step) ? image : undefined;
}
