import { isoTime } from "../../base/clock.ts";
import { MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { CreatedKey, Key, KeyCreate, RevokedKey, Role, Scope, User } from "../../contracts/types.ts";
import type { KeyRow, Page, PageQuery } from "../../store/store.ts";
import type { Call, Principal } from "../context.ts";
import { newSecret, writeKey } from "./key-secret.ts";
import { givenLimits, lowerLimits } from "./limits.ts";
import { AGENT_SCOPES, isAdministrator, lowerRole } from "./rights.ts";
import { findUser, missing } from "./users.ts";

/** Nobody gives a key more than they hold themselves. */
export async function createKey(call: Call, input: KeyCreate): Promise<CreatedKey> {
  const { context, principal } = call;
  const user = await targetUser(call, input.user);
  const { secret, hash } = newSecret();
  const createdMs = context.clock.now();
  const row: KeyRow = {
    id: newId(),
    name: input.name ?? input.agent ?? "key",
    owner: input.agent === undefined ? user.name : `${user.name}.${input.agent}`,
    user: user.name,
    agent: input.agent !== undefined,
    role: roleOf(principal, user, input),
    scopes: scopesOf(principal, input),
    limits: lowerLimits(principal.limits, givenLimits(input)),
    createdBy: principal.agent ? principal.owner : principal.user,
    madeBy: principal.keyId,
    createdAt: isoTime(createdMs),
    expiresAt: expiryOf(principal, input.ttlMs === undefined ? null : isoTime(createdMs + input.ttlMs)),
    revokedAt: null,
    lastUsedAt: null,
    hash,
  };
  await context.store.keys.insert(row);
  const { id: keyId, owner } = row;
  context.logger.info({ operation: "key.create", keyId, owner, createdBy: row.createdBy }, "key made");
  return { ...keyView(row), key: writeKey(keyId, secret) };
}

export async function listKeys(
  call: Call,
  { user, ...query }: PageQuery & { readonly user: string | undefined },
): Promise<Page<Key>> {
  const { name } = await targetUser(call, user);
  const { items, nextCursor } = await call.context.store.keys.list(name, query);
  return { items: items.map(keyView), nextCursor };
}

export async function getKey(call: Call, id: string): Promise<Key> {
  return keyView(await requireKey(call, id));
}

/** With all that were made with it: whoever stole a key keeps none that they made for later. */
export async function revokeKey(call: Call, id: string): Promise<RevokedKey> {
  const { context } = call;
  const { owner } = await requireKey(call, id);
  const { row, also } = (await context.store.keys.revoke(id, isoTime(context.clock.now()))) ?? noKey(id);
  context.logger.info({ operation: "key.revoke", keyId: id, owner, also }, "key revoked");
  return { ...keyView(row), alsoRevoked: [...also] };
}

/** Whose keys a call is about. Only administrators are told whether there is somebody else of a name. */
export async function targetUser({ context, principal }: Call, name = principal.user): Promise<User> {
  if (name !== principal.user && !isAdministrator(principal)) return missing(name);
  return (await findUser(context, name)) ?? missing(name);
}

async function requireKey({ context, principal }: Call, id: string): Promise<KeyRow> {
  const row = await context.store.keys.find(id);
  return row !== undefined && (isAdministrator(principal) || row.user === principal.user) ? row : noKey(id);
}

/** No later than that of the key that it is made with. */
function expiryOf({ expiresAt: most }: Principal, wanted: string | null): string | null {
  return most === null || (wanted !== null && wanted < most) ? wanted : most;
}

function roleOf(principal: Principal, user: User, { role, agent }: KeyCreate): Role {
  const most = lowerRole(principal.role, user.role);
  if (agent !== undefined && role === "admin") throw beyond("role", "admin", "an agent is a member or a viewer");
  const wanted = role ?? (agent === undefined ? most : lowerRole(most, "member"));
  if (lowerRole(wanted, most) === wanted) return wanted;
  throw beyond(
    "role",
    wanted,
    lowerRole(user.role, most) === user.role ? `${user.name} is ${most}` : `you are ${most}`,
  );
}

function scopesOf(principal: Principal, { scopes, agent }: KeyCreate): Scope[] | null {
  const most = agent === undefined ? principal.scopes : AGENT_SCOPES.filter((each) => holds(principal, each));
  const tooMuch = scopes?.find((scope) => most !== null && !most.includes(scope));
  if (tooMuch !== undefined) {
    throw beyond("scopes", tooMuch, agent === undefined ? "your own key has it not" : "an agent cannot have it");
  }
  return scopes === undefined ? (principal.scopes === null ? null : [...(most ?? [])]) : [...new Set(scopes)];
}

function holds({ scopes }: Principal, scope: Scope): boolean {
  return scopes === null || scopes.includes(scope);
}

function beyond(field: string, value: string, reason: string): MoorageError {
  return new MoorageError("FORBIDDEN", `${field}: a key with ${value} cannot be made here: ${reason}.`, {
    hint: "Ask for less, or have an administrator make it.",
  });
}

function noKey(id: string): never {
  throw new MoorageError("NOT_FOUND", `You have no key "${id}".`, { hint: "List yours with `moorage key ls`." });
}

function keyView({ hash: _hash, user: _user, ...key }: KeyRow): Key {
  return key;
}
