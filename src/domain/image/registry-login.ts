import { parseImageReference } from "../../base/image-reference.ts";
import type { RegistryAuth } from "../../base/registry-auth.ts";
import type { DomainContext } from "../context.ts";

type Login = (signal?: AbortSignal) => Promise<RegistryAuth | undefined>;

/** Looks for what to show to the registry of an image, when it is asked to: that may take a program or a token server. */
export function registryLogin({ credentials }: Pick<DomainContext, "credentials">, reference: string): Login {
  return async (signal) => credentials.forHost(parseImageReference(reference).host, signal);
}
