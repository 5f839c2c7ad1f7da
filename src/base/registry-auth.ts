import type { Secret } from "./secret.ts";

/** What one registry is shown to let somebody in. */
export type RegistryAuth = {
  /** Whose registry it is, as references name it. */
  readonly host: string;
} & (
  | { readonly username: string; readonly password: Secret }
  /** To be exchanged for short-lived tokens at the registry's own token server. */
  | { readonly identityToken: Secret }
  /** Sent to the registry as it is. */
  | { readonly registryToken: Secret }
);
