import { formatBytes } from "../../../base/quantities.ts";
import type { LayerProgress } from "../../engine.ts";
import type { ProgressLine } from "../api/replies.ts";

/** A line of progress at most this often. */
const PROGRESS_MS = 2_000;

/** The engine's words for what happens to a layer; "Mounted from" another repository is followed by its name. */
const STATUSES: Readonly<Record<string, LayerProgress["status"]>> = {
  "Pulling fs layer": "waiting",
  Preparing: "waiting",
  Waiting: "waiting",
  Downloading: "downloading",
  "Verifying Checksum": "downloading",
  "Download complete": "downloading",
  Extracting: "extracting",
  "Pull complete": "done",
  Pushing: "uploading",
  Pushed: "done",
  "Already exists": "there",
  "Layer already exists": "there",
};

/** What a line of the engine's tells of a layer; undefined for others. */
export function layerProgress({ id, status = "", progressDetail }: ProgressLine): LayerProgress | undefined {
  const known = status.startsWith("Mounted from ") ? "there" : STATUSES[status];
  if (id === undefined || known === undefined) return undefined;
  const { current, total } = progressDetail ?? {};
  return { layer: id, status: known, currentBytes: current ?? null, totalBytes: total ?? null };
}

/** Few readable lines out of very many: how much of the layers is here. */
export function pullTeller(image: string, tell: (message: string) => void): (progress: LayerProgress) => void {
  const layers = new Map<string, { current: number; total: number }>();
  let told = performance.now();
  tell(`pulling ${image}`);
  return ({ layer, status, currentBytes: current, totalBytes: total }) => {
    if (status !== "downloading" || current === null || total === null) return;
    layers.set(layer, { current, total });
    if (performance.now() - told < PROGRESS_MS) return;
    told = performance.now();
    const all = [...layers.values()];
    const sum = (key: "current" | "total"): string => formatBytes(all.reduce((bytes, each) => bytes + each[key], 0));
    tell(`pulling ${image}: ${sum("current")} of ${sum("total")}`);
  };
}
