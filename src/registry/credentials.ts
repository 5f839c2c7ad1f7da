import { registryHost } from "../base/image-reference.ts";
import type { RegistryAuth } from "../base/registry-auth.ts";
import { dockerConfigAuth } from "./docker-config.ts";
import { environmentAuth } from "./environment-auth.ts";
import { profileAuth, type RegistryProfile } from "./profile-auth.ts";
import type { Endpoints, Environment, Surroundings } from "./surroundings.ts";

const PATIENCE_MS = 15_000;

export type CredentialsOptions = {
  /** By the registry's host. */
  readonly profiles: Readonly<Record<string, RegistryProfile>>;
  readonly environment: Environment;
  /** Docker's own settings, usually `~/.docker`. */
  readonly configDirectory: string;
  /** @default each cloud's own */
  readonly endpoints?: Endpoints;
  /** How long a program or a token server may take to answer, ms. @default 15000 */
  readonly patienceMs?: number;
};

/** What Moorage may show to registries. */
export type Credentials = {
  /**
   * What to show to the registry of this host; undefined where there is nothing. Looked for in this order: the profile of
   * the configuration, the environment, Docker's own configuration and the helpers that it names. CREDENTIALS_UNUSABLE
   * where something is there that cannot be read, REGISTRY_DENIED and IMAGE_UNAVAILABLE where a cloud has to give a token
   * and does not.
   */
  readonly forHost: (host: string, signal?: AbortSignal) => Promise<RegistryAuth | undefined>;
};

/** Opening it looks at nothing; each question looks anew, so that a login counts at once. */
export function createCredentials(options: CredentialsOptions): Credentials {
  const { profiles, environment, configDirectory, endpoints = {}, patienceMs = PATIENCE_MS } = options;
  const byHost = new Map(Object.entries(profiles).map(([name, profile]) => [registryHost(name), profile]));
  return {
    forHost: async (name, signal) => {
      const host = registryHost(name);
      const surroundings: Surroundings = { environment, configDirectory, endpoints, patienceMs, signal };
      const profile = byHost.get(host);
      if (profile !== undefined) return profileAuth(host, profile, surroundings);
      return (await environmentAuth(host, surroundings)) ?? dockerConfigAuth(host, surroundings);
    },
  };
}
