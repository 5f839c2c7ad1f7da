import type { EngineApi } from "../api/engine-api.ts";
import { readJsonLines } from "../api/json-lines.ts";
import { EventLine } from "../api/replies.ts";
import { unitOfName } from "./container-spec.ts";

const CHANGES = ["create", "start", "died", "die", "destroy", "remove", "pause", "unpause"];

/**
 * The engine's announcements of containers that are called as units are; see `Engine.watch`. Podman announces no labels,
 * so nothing says whether they are of this deployment: a change of somebody else's is told in vain.
 */
export async function watchUnits(api: EngineApi, signal: AbortSignal): Promise<AsyncIterable<string>> {
  const filters = JSON.stringify({ type: ["container"], event: CHANGES });
  const stream = await api.stream({ method: "GET", path: "/events", query: { filters }, signal });
  const leave = (): void => void stream.destroy();
  signal.addEventListener("abort", leave, { once: true });
  if (signal.aborted) leave();
  return changedUnits(readJsonLines(stream, EventLine));
}

async function* changedUnits(lines: AsyncIterable<EventLine>): AsyncGenerator<string> {
  for await (const { Actor } of lines) {
    const id = unitOfName(Actor?.Attributes?.["name"] ?? "");
    if (id !== undefined) yield id;
  }
}
