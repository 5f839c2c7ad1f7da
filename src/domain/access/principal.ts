import type { User } from "../../contracts/types.ts";
import type { Principal } from "../context.ts";

/** The user of this machine who started Moorage; there is always one of this name. */
export const LOCAL_USER = "local";

/** Whoever may do everything as this owner: who has the local socket, and Moorage itself. */
export function unrestricted(owner: string): Principal {
  return { owner, user: owner, agent: false, keyId: null, role: "admin", scopes: null, limits: null, expiresAt: null };
}

/** `identity`: who vouches for them this time, or who did when they first came. */
export function principalOfUser({ name, role, identity }: Pick<User, "name" | "role" | "identity">): Principal {
  const vouched = identity === null ? {} : { via: identity };
  return {
    owner: name,
    user: name,
    agent: false,
    keyId: null,
    ...vouched,
    role,
    scopes: null,
    limits: null,
    expiresAt: null,
  };
}
