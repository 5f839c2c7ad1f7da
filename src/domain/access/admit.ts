import { isoTime } from "../../base/clock.ts";
import { MoorageError } from "../../base/errors.ts";
import type { Admit, Shown } from "../../contracts/admission.ts";
import type { Platform } from "../../contracts/platform.ts";
import type { User } from "../../contracts/types.ts";
import type { Person } from "../../identity/issuer.ts";
import { looksLikeToken } from "../../identity/token-form.ts";
import type { KeyRow } from "../../store/store.ts";
import type { DomainContext, Principal } from "../context.ts";
import { createPlatform } from "../domain.ts";
import { createProxyLog } from "./proxy-log.ts";
import { createDoorLimits } from "./door-limits.ts";
import { isSecret, readKey } from "./key-secret.ts";
import { withLimits } from "./limits.ts";
import type { Logins } from "./logins.ts";
import { principalOfUser } from "./principal.ts";
import { lowerRole } from "./rights.ts";
import { asTeam } from "./teams.ts";
import { resolvePerson, settlePerson } from "./token-user.ts";
import { findUser } from "./users.ts";

/** Platforms of that many keys are kept made. */
const MOST_KEPT = 1000;
/** Names the team for which a request is. */
const OWNER_HEADER = "x-moorage-owner";
const TOUCH_MS = 60_000;

const TOKEN_HINT = "Get a new token; `moorage auth check --token FILE` explains one to an administrator.";

type Kept = { readonly stamp: string; readonly platform: Platform; touchedMs: number };

/**
 * Lets in whoever shows an API key, a token of an issuer that is trusted, is signed in in a browser, or comes by
 * the trusted proxy. It is looked up at each request: what is revoked or disabled works no more from then on.
 */
export function createAdmit(context: DomainContext, logins?: Logins): Admit {
  const kept = new Map<string, Kept>();
  const held = createDoorLimits(context);
  const tellProxy = createProxyLog(context);
  return async (shown) => {
    const self = await held(shown, () => authenticate({ context, logins, tellProxy }, shown));
    const team = shown.header?.(OWNER_HEADER);
    const principal = team === undefined ? self : await asTeam(context, self, team);
    const { keyId, user, owner } = principal;
    const id = `${keyId ?? `user ${user}`} as ${owner}`;
    const stamp = JSON.stringify(principal);
    const known = kept.get(id);
    const entry = known?.stamp === stamp ? known : { stamp, platform: platformFor(context, principal), touchedMs: 0 };
    // Set anew, so that the first ones are those that nobody has shown for the longest.
    kept.delete(id);
    kept.set(id, entry);
    const [oldest] = kept.keys();
    if (kept.size > MOST_KEPT && oldest !== undefined) kept.delete(oldest);
    if (keyId !== null && shown.again !== true) await touch(context, keyId, entry);
    return entry.platform;
  };
}

type Authentication = {
  readonly context: DomainContext;
  readonly logins: Logins | undefined;
  readonly tellProxy: (refusal: string) => void;
};

/** What the sender shows for itself goes before what a proxy says of whom it lets through. */
async function authenticate({ context, logins, tellProxy }: Authentication, shown: Shown): Promise<Principal> {
  const { bearer, session, header, again = false } = shown;
  if (bearer !== undefined) return looksLikeToken(bearer) ? ofToken(context, bearer, again) : ofKey(context, bearer);
  if (session !== undefined && logins !== undefined) return principalOfUser(await logins.userOf(session, again));
  const person = header === undefined ? undefined : await context.identity.ofProxy(header, again);
  if (person === undefined || "refusal" in person) {
    if (person !== undefined) tellProxy(person.refusal);
    throw unknown("This needs an API key, and the request shows none.");
  }
  return personal(context, person, { again, hint: "Ask an administrator of this server." });
}

async function ofToken(context: DomainContext, token: string, again: boolean): Promise<Principal> {
  const { identity } = context;
  if (!identity.hasIssuers) throw unknown("The request shows a token, and no identity provider is trusted here.");
  const { checks, person } = await identity.examine(token);
  const failed = checks.find(({ ok }) => !ok);
  if (failed !== undefined || person === undefined)
    throw unknown(failed?.told ?? "The token is not valid.", TOKEN_HINT);
  return personal(context, person, { again, hint: TOKEN_HINT });
}

type Asked = { readonly again: boolean; readonly hint: string };

async function personal(context: DomainContext, person: Person, { again, hint }: Asked): Promise<Principal> {
  // An older token of theirs that is asked about again does not undo what a newer one has said.
  const user = await (again ? resolvePerson : settlePerson)(context, person);
  if (typeof user === "string") throw unknown(user, hint);
  const via = { issuer: person.source.issuer, subject: person.subject };
  return principalOfUser({ name: user.name, role: user.role, identity: via });
}

async function ofKey(context: DomainContext, bearer: string): Promise<Principal> {
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
  return principalOf(row, user);
}

function unknown(message: string, hint?: string): MoorageError {
  return new MoorageError("UNAUTHENTICATED", message, hint === undefined ? {} : { hint });
}

function principalOf({ id, owner, agent, role, scopes, limits, expiresAt }: KeyRow, user: User): Principal {
  return { owner, user: user.name, agent, keyId: id, role: lowerRole(role, user.role), scopes, limits, expiresAt };
}

/** Directories and the network of this host are for who started Moorage, and its logins to registries are for no agent. */
function platformFor(context: DomainContext, principal: Principal): Platform {
  const limited = withLimits(context.policy, principal.limits);
  const policy = { ...limited, workspaceRoots: [], registryHosts: limited.images.registries };
  const credentials = principal.agent ? { forHost: () => Promise.resolve(undefined) } : context.credentials;
  return createPlatform({ ...context, policy, credentials }, principal);
}

async function touch({ store, clock }: DomainContext, id: string, entry: Kept): Promise<void> {
  const now = clock.now();
  if (now - entry.touchedMs < TOUCH_MS) return;
  entry.touchedMs = now;
  await store.keys.touch(id, isoTime(now));
}
