import { MoorageError } from "../../base/errors.ts";
import { parseImageReference } from "../../base/image-reference.ts";
import type { RegistryAuth } from "../../base/registry-auth.ts";
import { namedImage, notFound, type MemoryImage } from "./memory-image.ts";

/** What all registries of the world have, as far as a memory engine knows. */
export type MemoryRegistryOptions = {
  /** References that can be pulled. */
  readonly images: readonly string[];
  /** Users and their passwords, by the hosts of registries that let nobody else in. */
  readonly logins: Readonly<Record<string, Readonly<Record<string, string>>>>;
};

export type MemoryRegistry = {
  /** IMAGE_NOT_FOUND when no registry has it, REGISTRY_DENIED without the login that its registry wants. */
  readonly find: (reference: string, auth: RegistryAuth | undefined) => MemoryImage;
  /** True when its registry had the content already. REGISTRY_DENIED as of `find`. */
  readonly take: (reference: string, image: MemoryImage, auth: RegistryAuth | undefined) => boolean;
};

export function createMemoryRegistry({ images, logins }: MemoryRegistryOptions): MemoryRegistry {
  const letIn = (reference: string, auth: RegistryAuth | undefined): void => {
    const { host } = parseImageReference(reference);
    const users = logins[host];
    if (users === undefined) return;
    if (auth !== undefined && "password" in auth && users[auth.username] === auth.password.reveal()) return;
    throw new MoorageError("REGISTRY_DENIED", `The registry ${host} denies ${reference}.`);
  };
  const taken = new Map(images.map((reference) => [reference, namedImage(reference)]));
  return {
    find: (reference, auth) => {
      letIn(reference, auth);
      const image = taken.get(reference);
      if (image === undefined) throw notFound(reference);
      return image;
    },
    take: (reference, image, auth) => {
      letIn(reference, auth);
      const had = [...taken.values()].some(({ id }) => id === image.id);
      taken.set(reference, { ...image, reference });
      return had;
    },
  };
}
