import { parseImageReference } from "../../base/image-reference.ts";
import type { RegistryAuth } from "../../base/registry-auth.ts";
import type { DomainContext } from "../context.ts";
import { imageNotFound } from "./own-images.ts";
import { refuseRegistry } from "./registry-hosts.ts";

type LoginContext = Pick<DomainContext, "credentials" | "policy">;
type Login = (signal?: AbortSignal) => Promise<RegistryAuth | undefined>;

/** Names that only Moorage gives. On Docker Hub somebody else may have them. */
const MADE_HERE = /^(?:agent-env|moorage-(?:agent|snapshot|dependencies))$/;

/** True for what no registry has. */
export function isMadeHere(reference: string): boolean {
  return MADE_HERE.test(parseImageReference(reference).repository);
}

/**
 * Looks for what to show to the registry of an image, when it is asked to: that may take a program or a token server.
 * Whoever goes to a registry asks first: REGISTRY_DENIED for one that the caller may not be brought to.
 */
export function registryLogin({ credentials, policy }: LoginContext, reference: string): Login {
  return async (signal) => {
    refuseRegistry(policy, reference);
    return credentials.forHost(parseImageReference(reference).host, signal);
  };
}

/** The same for an image that is to come from there; IMAGE_NOT_FOUND for what is made here and in no registry. */
export function pullLogin(context: LoginContext, reference: string): Login {
  const login = registryLogin(context, reference);
  return async (signal) => {
    if (isMadeHere(reference)) throw imageNotFound(reference);
    return login(signal);
  };
}
