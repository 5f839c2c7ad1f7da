import type { Whoami } from "../../contracts/types.ts";
import type { Call } from "../context.ts";

export function whoami({ principal }: Call): Whoami {
  const { owner, role, scopes, agent, keyId, limits } = principal;
  return { owner, role, scopes: scopes === null ? null : [...scopes], agent, keyId, limits };
}
