import { stat } from "node:fs/promises";
import type { EngineApi } from "../api/engine-api.ts";
import type { Unit } from "./units.ts";

/**
 * True where the engine runs on this host and its files are in reach: what it calls a path is one of ours only then. The
 * proof is a file of the container's own, below a directory named by its 256-bit id that only root can enter: no other
 * host has it.
 */
export async function isOnThisHost({ endpoint }: EngineApi, { container }: Unit): Promise<boolean> {
  if (process.platform !== "linux" || process.getuid?.() !== 0 || !("socketPath" in endpoint)) return false;
  const proof = container.HostsPath ?? "";
  return proof.includes(container.Id) && (await stat(proof).catch(() => undefined))?.isFile() === true;
}
