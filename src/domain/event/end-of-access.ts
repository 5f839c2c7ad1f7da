import { MoorageError } from "../../base/errors.ts";
import type { EventRow } from "../../store/store.ts";
import { LOCAL_USER } from "../access/principal.ts";
import type { Principal } from "../context.ts";

/** Why whoever watches may do so no longer from this event on, or has to be looked at anew; undefined: they may. */
export function endOfAccess(principal: Principal, { type, subject, facts }: EventRow): MoorageError | undefined {
  const { keyId, user, owner } = principal;
  if (type === "key.revoked" && subject === keyId) return over(`The API key ${keyId} was revoked.`);
  const isOurTeam = owner !== user && subject === owner;
  if (isOurTeam && (type === "team.updated" || type === "team.dissolved"))
    return over(`The team ${owner} was changed.`);
  // Who has the local socket is nobody's to shut out.
  if (type !== "user.updated" || subject !== user || (keyId === null && user === LOCAL_USER)) return undefined;
  return over(facts["disabled"] === true ? `The user ${user} is disabled.` : `The role of ${user} was changed.`);
}

function over(message: string): MoorageError {
  return new MoorageError("UNAUTHENTICATED", message, { hint: "Connect again with a key that is valid." });
}
