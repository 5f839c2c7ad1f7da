import { registryHost } from "../base/image-reference.ts";
import type { RegistryAuth } from "../base/registry-auth.ts";
import { Secret } from "../base/secret.ts";
import { ecrAuth, ecrTokenAuth, isEcr } from "./aws.ts";
import { variable, type Environment, type Surroundings } from "./surroundings.ts";

const HUB = "docker.io";

/** What the environment has for a registry. */
export async function environmentAuth(host: string, surroundings: Surroundings): Promise<RegistryAuth | undefined> {
  const { environment } = surroundings;
  return (
    pair(environment, { host, of: variable(environment, "DOCKER_REGISTRY") ?? HUB, prefix: "DOCKER" }) ??
    pair(environment, { host, of: HUB, prefix: "ADDE_DOCKERHUB" }) ??
    (await amazonAuth(host, surroundings)) ??
    pair(environment, { host, of: variable(environment, "ADDE_REGISTRY_URL"), prefix: "ADDE_REGISTRY" })
  );
}

type Pair = { readonly host: string; readonly of: string | undefined; readonly prefix: string };

/** A user and a password, which are for one registry alone. */
function pair(environment: Environment, { host, of, prefix }: Pair): RegistryAuth | undefined {
  if (of === undefined || registryHost(of) !== host) return undefined;
  const username = variable(environment, `${prefix}_USERNAME`);
  const password = variable(environment, `${prefix}_PASSWORD`);
  return username === undefined || password === undefined
    ? undefined
    : { host, username, password: new Secret(password) };
}

async function amazonAuth(host: string, surroundings: Surroundings): Promise<RegistryAuth | undefined> {
  const { environment } = surroundings;
  const named = variable(environment, "ADDE_ECR_REGISTRY");
  const isNamed = named !== undefined && registryHost(named) === host;
  const token = variable(environment, "ADDE_ECR_TOKEN");
  // A token that is for one registry by name is shown to no other.
  if (token !== undefined && (named === undefined ? isEcr(host) : isNamed)) return ecrTokenAuth(host, token);
  return isNamed || isEcr(host) ? ecrAuth(host, undefined, surroundings) : undefined;
}
