import { isoTime } from "../../base/clock.ts";
import { MoorageError } from "../../base/errors.ts";
import type { Admit } from "../../contracts/admission.ts";
import type { Platform } from "../../contracts/platform.ts";
import type { User } from "../../contracts/types.ts";
import type { KeyRow } from "../../store/store.ts";
import type { DomainContext, Principal } from "../context.ts";
import { createPlatform } from "../domain.ts";
import { isSecret, readKey } from "./key-secret.ts";
import { withLimits } from "./limits.ts";
import { lowerRole } from "./rights.ts";
import { findUser } from "./users.ts";

/** Platforms of that many keys are kept made. */
const MOST_KEPT = 1000;
const TOUCH_MS = 60_000;

type Kept = { readonly stamp: string; readonly platform: Platform; touchedMs: number };

/** Lets in whoever shows an API key. A key is looked up at each request: what is revoked works no more from then on. */
export function createAdmit(context: DomainContext): Admit {
  const kept = new Map<string, Kept>();
  return async ({ bearer }) => {
    const { row, user } = await authenticate(context, bearer);
    const principal = principalOf(row, user);
    const stamp = JSON.stringify(principal);
    const known = kept.get(row.id);
    const entry = known?.stamp === stamp ? known : { stamp, platform: platformFor(context, principal), touchedMs: 0 };
    // Set anew, so that the first ones are those that nobody has shown for the longest.
    kept.delete(row.id);
    kept.set(row.id, entry);
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    await touch(context, row.id, entry);
    return entry.platform;
  };
}

async function authenticate(context: DomainContext, bearer: string | undefined) {
  if (bearer === undefined) throw unknown("This needs an API key, and the request shows none.");
  const shown = readKey(bearer);
  if (shown === undefined) throw unknown("What the request shows is no API key of Moorage.");
  const row = await context.store.keys.find(shown.id);
  if (row === undefined || !isSecret(shown.secret, row.hash)) throw unknown("The API key is not known here.");
  const { id, name, revokedAt, expiresAt } = row;
  if (revokedAt !== null) throw unknown(`The API key ${id} (${name}) was revoked at ${revokedAt}.`);
  if (expiresAt !== null && expiresAt <= isoTime(context.clock.now()))
    throw unknown(`The API key ${id} (${name}) expired at ${expiresAt}.`);
  const user = await findUser(context, row.user);
  if (user === undefined || user.disabledAt !== null)
    throw unknown(`The API key ${id} (${name}) is of ${row.user}, who is disabled.`);
  return { row, user };
}

function unknown(message: string): MoorageError {
  return new MoorageError("UNAUTHENTICATED", message);
}

function principalOf({ id, owner, agent, role, scopes, limits }: KeyRow, user: User): Principal {
  return { owner, user: user.name, agent, keyId: id, role: lowerRole(role, user.role), scopes, limits };
}

/** Directories of this host are for who started Moorage, and its logins to registries are for no agent. */
function platformFor(context: DomainContext, principal: Principal): Platform {
  const policy = { ...withLimits(context.policy, principal.limits), workspaceRoots: [] };
  const credentials = principal.agent ? { forHost: () => Promise.resolve(undefined) } : context.credentials;
  return createPlatform({ ...context, policy, credentials }, principal);
}

async function touch({ store, clock }: DomainContext, id: string, entry: Kept): Promise<void> {
  const now = clock.now();
  if (now - entry.touchedMs < TOUCH_MS) return;
  entry.touchedMs = now;
  await store.keys.touch(id, isoTime(now));
}
