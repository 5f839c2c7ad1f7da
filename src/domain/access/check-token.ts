import { MoorageError } from "../../base/errors.ts";
import type { TokenCheck } from "../../contracts/types.ts";
import type { Call } from "../context.ts";
import { isAdministrator } from "./rights.ts";
import { resolvePerson } from "./token-user.ts";

/** Explains a token; nobody is made a user by it. */
export async function checkToken({ context, principal }: Call, token: string): Promise<TokenCheck> {
  const { checks, person } = await context.identity.examine(token.trim());
  const resolved = person === undefined ? undefined : await resolvePerson(context, person);
  const isOwn = typeof resolved === "object" && resolved.name === principal.owner;
  if (!isAdministrator(principal) && !isOwn) {
    throw new MoorageError("FORBIDDEN", "auth.check: only administrators check tokens that are not their own.");
  }
  if (resolved === undefined) return { ok: false, checks: [...checks], owner: null, role: null };
  if (typeof resolved === "string") {
    return { ok: false, checks: [...checks, { check: "owner", ok: false, told: resolved }], owner: null, role: null };
  }
  const { name, role, user } = resolved;
  const told = `The token lets in ${name} as ${role}${user === undefined ? ", who has not been here before" : ""}.`;
  return { ok: true, checks: [...checks, { check: "owner", ok: true, told }], owner: name, role };
}
