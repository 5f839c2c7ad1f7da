import { MoorageError } from "../../base/errors.ts";
import type { Operation } from "../../contracts/operation.ts";
import type { NamedOperation } from "../../contracts/platform.ts";
import type { Role, Scope } from "../../contracts/types.ts";
import type { Principal } from "../context.ts";

const RANKS: Readonly<Record<Role, number>> = { viewer: 0, member: 1, admin: 2 };

/** What an agent may do at most: it makes no keys, and is told nothing of the machine. */
export const AGENT_SCOPES: readonly Scope[] = [
  ...(["sandbox:read", "sandbox:write", "image:read", "image:write", "receipt:read"] as const),
];

/** The areas of the nouns that are none of their own. */
const AREAS: Readonly<Record<string, string>> = {
  image: "image",
  context: "image",
  receipt: "receipt",
  key: "key",
  team: "key",
};
const SYSTEM = new Set(["system", "user"]);

export function lowerRole(a: Role, b: Role): Role {
  return RANKS[a] < RANKS[b] ? a : b;
}

/** What the caller of an operation needs beside being known. */
function scopeOf({ noun, operation }: Pick<NamedOperation, "noun" | "operation">): Scope {
  const area = SYSTEM.has(noun) ? "system" : (AREAS[noun] ?? "sandbox");
  const scope = `${area}:${isRead(operation) ? "read" : "write"}`;
  return scope as Scope;
}

/** FORBIDDEN where the principal's role or key does not go so far. */
export function requireRight(principal: Principal, named: NamedOperation): void {
  const { access } = named.operation;
  if (access === "anyone") return;
  if (access === "admin") return requireAdmin(principal, named.name);
  requireScope(principal, scopeOf(named), named.name);
}

export function requireScope(principal: Principal, scope: Scope, operation: string): void {
  if (principal.role === "viewer" && !scope.endsWith(":read"))
    throw refused(`${operation}: expected the role member or admin, got viewer.`);
  const held = heldScopes(principal);
  if (held === null || held.includes(scope)) return;
  throw refused(`${operation}: expected a key with the scope ${scope}, got one with ${held.join(", ")}.`);
}

/** Whether the principal's key goes so far; every role may read. */
export function mayRead(principal: Principal, scope: Scope): boolean {
  return heldScopes(principal)?.includes(scope) ?? true;
}

function heldScopes({ scopes, agent }: Principal): readonly Scope[] | null {
  return agent ? AGENT_SCOPES.filter((each) => scopes?.includes(each) ?? true) : scopes;
}

/** Whoever may do all that an administrator may: by no key that is limited. */
export function isAdministrator({ role, scopes, agent }: Principal): boolean {
  return role === "admin" && scopes === null && !agent;
}

function requireAdmin(principal: Principal, operation: string): void {
  if (isAdministrator(principal)) return;
  const { role, agent } = principal;
  const got = agent ? "an agent's key" : role === "admin" ? "a key that is limited to some scopes" : role;
  throw refused(`${operation}: expected the role admin, got ${got}.`);
}

function refused(message: string): MoorageError {
  return new MoorageError("FORBIDDEN", message);
}

/** Whether it changes nothing. */
export function isRead({ http, mcp }: Operation): boolean {
  return http.method === "get" || (mcp?.readOnly ?? false);
}
