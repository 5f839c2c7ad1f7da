import type { UnitLabels } from "../../unit-labels.ts";
import { DEPLOYMENT_LABEL } from "../../unit-labels.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { readJsonLines } from "../api/json-lines.ts";
import { EventLine } from "../api/replies.ts";

const CHANGES = ["create", "start", "die", "destroy", "pause", "unpause"];

/** Docker's announcements of containers of this deployment; see `Engine.watch`. */
export async function watchUnits(
  { api, labels }: { readonly api: EngineApi; readonly labels: UnitLabels },
  signal: AbortSignal,
): Promise<AsyncIterable<string>> {
  const label = [`${DEPLOYMENT_LABEL}=${labels.deployment}`];
  const filters = JSON.stringify({ type: ["container"], event: CHANGES, label });
  const stream = await api.stream({ method: "GET", path: "/events", query: { filters }, signal });
  return changedUnits(readJsonLines(stream, EventLine), labels);
}

async function* changedUnits(lines: AsyncIterable<EventLine>, labels: UnitLabels): AsyncGenerator<string> {
  for await (const { Actor } of lines) {
    const identity = labels.verify(Actor?.Attributes ?? {});
    if (identity !== undefined) yield identity.id;
  }
}
