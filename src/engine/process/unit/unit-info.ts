import type { UnitInfo } from "../../engine.ts";
import { isAlive } from "../host/process-identity.ts";
import type { Unit, UnitStore } from "./unit-store.ts";

/**
 * A sandbox that is not held is ready to run: it is made of files, and survives a restart of Moorage and of the machine.
 * A job ends with the Moorage that started it, even where that could not write down how.
 */
export async function unitInfo(store: UnitStore, { id, kind, record }: Unit): Promise<UnitInfo> {
  const common = { id, kind, createdAt: record.createdAt, startedAt: record.createdAt };
  const unended = { ...common, exitCode: null, oomKilled: false, finishedAt: null };
  if (kind === "sandbox") {
    const hold = await store.readHold(id);
    if (hold?.state === "stopped") return { ...unended, state: "exited", finishedAt: hold.since };
    return { ...unended, state: hold?.state ?? "running" };
  }
  const exit = await store.readExit(id);
  if (exit !== undefined) return { ...common, ...exit, state: "exited" };
  return { ...unended, state: (await isAlive(record.owner)) ? "running" : "exited" };
}
