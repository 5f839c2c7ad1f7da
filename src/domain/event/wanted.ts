import { MoorageError } from "../../base/errors.ts";
import type { EventKind, EventWatch, Scope } from "../../contracts/types.ts";
import type { EventRow } from "../../store/store.ts";
import { isAdministrator, mayRead, requireScope } from "../access/rights.ts";
import type { Principal } from "../context.ts";

/** What one has to be able to read to be told of it; the others are parts of sandboxes. */
const SCOPES: Readonly<Partial<Record<EventKind, Scope>>> = {
  image: "image:read",
  build: "image:read",
  export: "image:read",
  key: "key:read",
  user: "system:read",
};

/** Which events somebody asks for and may be told of. FORBIDDEN where none can ever be. */
export function wantedBy(principal: Principal, { filter, subject, owner }: EventWatch): (row: EventRow) => boolean {
  const whose = ownerOf(principal, owner);
  const types = typesOf(filter ?? ["*"]);
  requireAnyScope(principal, filter ?? []);
  return (row) => {
    if (whose !== "*" && row.owner !== whose) return false;
    if (subject !== undefined && row.subject !== subject && row.name !== subject) return false;
    return types(row.type) && mayKnow(principal, row.kind);
  };
}

function ownerOf(principal: Principal, asked: string | undefined): string {
  const { owner } = principal;
  if (asked === undefined || asked === owner) return owner;
  if (isAdministrator(principal)) return asked;
  const message = `event.watch: owner: expected yours, ${owner}, since only administrators are told of others (got "${asked}").`;
  throw new MoorageError("FORBIDDEN", message, { hint: "Leave the owner out." });
}

function typesOf(filter: readonly string[]): (type: string) => boolean {
  const exact = new Set(filter);
  const prefixes = filter.filter((each) => each.endsWith("*")).map((each) => each.slice(0, -1));
  return (type) => exact.has(type) || prefixes.some((prefix) => type.startsWith(prefix));
}

function mayKnow(principal: Principal, kind: string): boolean {
  if (kind === "user" && !isAdministrator(principal)) return false;
  return mayRead(principal, scopeFor(kind));
}

function scopeFor(kind: string): Scope {
  return SCOPES[kind as EventKind] ?? "sandbox:read";
}

function requireAnyScope(principal: Principal, filter: readonly string[]): void {
  const all = Object.keys(SCOPES).concat("sandbox");
  const kinds = filter.length === 0 || filter.includes("*") ? all : filter.map((each) => each.split(".")[0] ?? "");
  if (kinds.some((kind) => mayKnow(principal, kind))) return;
  for (const kind of kinds) requireScope(principal, scopeFor(kind), "event.watch");
  throw new MoorageError("FORBIDDEN", "event.watch: only administrators are told of users.");
}
