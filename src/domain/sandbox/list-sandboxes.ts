import type { Sandbox, SandboxList } from "../../contracts/types.ts";
import type { EngineName } from "../../engine/engine.ts";
import type { Page, SandboxFilter, SandboxRow } from "../../store/store.ts";
import type { Call, DomainContext } from "../context.ts";
import { sandboxView } from "./sandbox-view.ts";
import { askEngine } from "../on-engine.ts";
import { refreshed } from "./seen-state.ts";

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

/** Every sandbox of this engine in the state that it shows. */
export async function refreshAll(context: DomainContext, signal?: AbortSignal): Promise<readonly SandboxRow[]> {
  return refreshedRows(context, await context.store.sandboxes.all(), signal);
}

// The rows are read before the engine is asked: what changes in between has another revision by then, and stays.
async function refreshedRows(
  context: DomainContext,
  rows: readonly SandboxRow[],
  signal?: AbortSignal,
): Promise<readonly SandboxRow[]> {
  const looks = new Map<EngineName, Promise<Look>>();
  const lookAt = (name: EngineName): Promise<Look> => {
    const look = looks.get(name) ?? lookAtEngine(context, name, signal);
    looks.set(name, look);
    return look;
  };
  await lookAt(context.engine.name);
  return Promise.all(rows.map(async (row) => (await lookAt(row.engine))(row)));
}

/** The row as its engine shows it. */
type Look = (row: SandboxRow) => Promise<SandboxRow>;

async function lookAtEngine(context: DomainContext, name: EngineName, signal?: AbortSignal): Promise<Look> {
  const look = await askEngine(context, name, async (its): Promise<Look> => {
    const units = new Map((await its.engine.list(signal)).map((unit) => [unit.id, unit]));
    return (row) => refreshed(its, row, units.get(row.id));
  });
  return look ?? ((row) => Promise.resolve(row));
}

function filterOf({ state, label, namePrefix, image }: SandboxList): SandboxFilter {
  const labels = label?.map((text): readonly [string, string] => {
    const at = text.indexOf("=");
    return [text.slice(0, at), text.slice(at + 1)];
  });
  return { states: state, labels, namePrefix, image };
}
