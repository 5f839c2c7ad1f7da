import { isoTime } from "../../base/clock.ts";
import { isMoorageError, MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { NamedRow, NamedRows } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";

/** What has a name of its owner's, is of one engine, and outlives sandboxes. */
export type NamedKind = "volume" | "network";

function rowsOf({ store }: DomainContext, kind: NamedKind): NamedRows {
  return kind === "volume" ? store.volumes : store.networks;
}

/** The caller's of this name, made where there is none; `made` tells which. */
export async function findOrMake(call: Call, kind: NamedKind, name: string): Promise<NamedRow & { made: boolean }> {
  const { context, principal } = call;
  const rows = rowsOf(context, kind);
  const { owner } = principal;
  const createdAt = isoTime(context.clock.now());
  const row: NamedRow = { id: newId(), owner, name, engine: context.engine.name, createdAt, removing: false };
  try {
    const found = await rows.find(owner, name);
    if (found === undefined) await rows.insert(row);
    return { ...usable(context, kind, found ?? row), made: found === undefined };
  } catch (error) {
    // Two of one new name at once: the slower one takes what the faster one made.
    const winner = isMoorageError(error) && error.code === "CONFLICT" ? await rows.find(owner, name) : undefined;
    if (winner === undefined) throw error;
    return { ...usable(context, kind, winner), made: false };
  }
}

/** The caller's of this name; NOT_FOUND also where somebody else has one. */
export async function requireNamed({ context, principal }: Call, kind: NamedKind, name: string): Promise<NamedRow> {
  const row = await rowsOf(context, kind).find(principal.owner, name);
  if (row !== undefined) return row;
  throw new MoorageError("NOT_FOUND", `You have no ${kind} "${name}".`, {
    hint: `List what you own with \`moorage ${kind} ls\`.`,
  });
}

/** One that is neither on another engine nor being removed. */
export function usable(context: DomainContext, kind: NamedKind, row: NamedRow): NamedRow {
  if (row.removing) throw beingRemoved(kind, row.name);
  return onThisEngine(context, kind, row);
}

function onThisEngine({ engine }: DomainContext, kind: NamedKind, row: NamedRow): NamedRow {
  if (row.engine === engine.name) return row;
  const message = `The ${kind} "${row.name}" lives on the ${row.engine} engine; this is the ${engine.name} engine.`;
  throw new MoorageError("ENGINE_UNSUPPORTED", message, { hint: `Repeat the command with --engine ${row.engine}.` });
}

/** A removal that has begun before may have passed the engine before the thing was made there: then it goes here. */
export async function refuseRemoved(call: Call, kind: NamedKind, { id, name }: Pick<NamedRow, "id" | "name">) {
  const { context, principal, signal } = call;
  const now = await rowsOf(context, kind).find(principal.owner, name);
  if (now?.id === id && !now.removing) return;
  const { volumes, networks } = context.engine;
  await (kind === "volume" ? volumes : networks?.named)?.remove(id, signal);
  throw beingRemoved(kind, name);
}

function beingRemoved(kind: NamedKind, name: string): MoorageError {
  return new MoorageError("CONFLICT", `The ${kind} "${name}" is being removed.`, {
    hint: `Wait for that; if it was broken off, end it: \`moorage ${kind} rm ${name}\`.`,
  });
}
