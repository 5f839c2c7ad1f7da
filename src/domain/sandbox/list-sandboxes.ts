import type { Sandbox, SandboxList } from "../../contracts/types.ts";
import type { EngineName, UnitInfo } from "../../engine/engine.ts";
import type { Page, SandboxFilter, SandboxRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { sandboxView } from "./sandbox-view.ts";
import { askEngine } from "../on-engine.ts";
import { refreshed, seenState, SHOWN_BY_ENGINES } from "./seen-state.ts";

const DEFAULT_PAGE = 100;

export async function listSandboxes({ context, principal, signal }: Call, input: SandboxList): Promise<Page<Sandbox>> {
  const { sandboxes } = context.store;
  // What is asked for by its state has to be looked at before the choice, the others only as far as they are shown.
  if (input.state !== undefined) await refreshAll(context, signal);
  const query = { limit: input.limit ?? DEFAULT_PAGE, cursor: input.cursor, ...filterOf(input) };
  const { items, nextCursor } = await sandboxes.list(principal.owner, query);
  if (input.state !== undefined) return { items: items.map(sandboxView), nextCursor };
  const rows = await refreshedRows(context, items, signal);
  return { items: rows.map(sandboxView), nextCursor };
}

/** Brings every sandbox to the state that its engine shows. Whole rows are read only where that is another. */
export async function refreshAll(context: DomainContext, signal?: AbortSignal): Promise<void> {
  const { sandboxes } = context.store;
  const glances = await sandboxes.glances(SHOWN_BY_ENGINES);
  const lookAt = await engineLooks(context, glances, signal);
  for (const { id, engine, state, revision, changing } of glances) {
    const look = changing ? undefined : await lookAt(engine);
    if (look === undefined || seenState(look.units.get(id)).state === state) continue;
    const row = await sandboxes.get(id);
    if (row?.revision === revision) await refreshed(look.context, row, look.units.get(id));
  }
}

// The rows are read before the engine is asked: what changes in between has another revision by then, and stays.
async function refreshedRows(
  context: DomainContext,
  rows: readonly SandboxRow[],
  signal?: AbortSignal,
): Promise<readonly SandboxRow[]> {
  const lookAt = await engineLooks(context, rows, signal);
  return Promise.all(
    rows.map(async (row) => {
      const look = await lookAt(row.engine);
      return look === undefined ? row : refreshed(look.context, row, look.units.get(row.id));
    }),
  );
}

/** What an engine has, and the context in which it is asked; undefined where it does not answer now. */
type Look = { readonly context: DomainContext; readonly units: ReadonlyMap<string, UnitInfo | undefined> };
type Looks = (name: EngineName) => Promise<Look | undefined>;

/**
 * Looks at each engine once, at this one at once, so that its failure is the caller's. This one is not asked where all
 * of the rows have been seen, and nothing was told of them since.
 */
async function engineLooks(context: DomainContext, rows: readonly Shown[], signal?: AbortSignal): Promise<Looks> {
  const { engine, sightings } = context;
  const own = rows.filter((row) => row.engine === engine.name && SHOWN_BY_ENGINES.includes(row.state));
  const known = own.flatMap((row) => {
    const seen = sightings.of(row);
    return seen === undefined ? [] : [[row.id, seen.unit] as const];
  });
  const looks = new Map<EngineName, Promise<Look | undefined>>();
  if (own.length > 0 && known.length === own.length) {
    looks.set(engine.name, Promise.resolve({ context, units: new Map(known) }));
  }
  const look = async (its: DomainContext): Promise<Look> => {
    using sighted = sightings.look(own);
    const units = new Map((await its.engine.list(signal)).map((unit) => [unit.id, unit]));
    if (its.engine.name === engine.name) sighted.saw((id) => units.get(id));
    return { context: its, units };
  };
  const lookAt: Looks = (name) => {
    const asked = looks.get(name) ?? askEngine(context, name, look);
    looks.set(name, asked);
    return asked;
  };
  await lookAt(engine.name);
  return lookAt;
}

type Shown = Pick<SandboxRow, "id" | "revision" | "engine" | "state">;

function filterOf({ state, label, namePrefix, image }: SandboxList): SandboxFilter {
  const labels = label?.map((text): readonly [string, string] => {
    const at = text.indexOf("=");
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return { states: state, labels, namePrefix, image };
}
