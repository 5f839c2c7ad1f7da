import type { Principal } from "../context.ts";

/** The user of this machine who started Moorage; there is always one of this name. */
export const LOCAL_USER = "local";

/** Whoever may do everything as this owner: who has the local socket, and Moorage itself. */
export function unrestricted(owner: string): Principal {
  return { owner, user: owner, agent: false, keyId: null, role: "admin", scopes: null, limits: null, expiresAt: null };
}
