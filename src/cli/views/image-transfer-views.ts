import type { z } from "zod";
import { formatBytes } from "../../base/quantities.ts";
import { ImagePullEvent, ImagePushEvent } from "../../contracts/image-transfer.ts";
import { bytesCell } from "./cells.ts";
import { eventView, type EventView } from "./view.ts";

type LayerEvent = Extract<z.output<typeof ImagePullEvent>, { type: "layer" }>;

const BAR_WIDTH = 20;
const ENDED: ReadonlySet<LayerEvent["status"]> = new Set(["done", "there"]);

/** A pull: its layers on one line, then the digest alone on stdout, for a script. */
export function imagePulling(): EventView {
  const add = layerBar();
  return eventView(ImagePullEvent, (event) => {
    if (event.type === "layer") return { progress: add(event) };
    const { reference, digest, sizeBytes, pulled } = event.result;
    const success = pulled
      ? `Pulled ${reference} (${bytesCell(sizeBytes)}).`
      : `${reference} is what its registry has (${bytesCell(sizeBytes)}).`;
    return { out: `${digest}\n`, success };
  });
}

/** A push, shown as a pull is. */
export function imagePushing(): EventView {
  const add = layerBar();
  return eventView(ImagePushEvent, (event) => {
    if (event.type === "layer") return { progress: add(event) };
    const { reference, digest, sizeBytes, layersPushed, layersReused } = event.result;
    const layers = `layers: ${layersPushed} sent, ${layersReused} there`;
    return { out: `${digest}\n`, success: `Pushed ${reference} (${bytesCell(sizeBytes)}; ${layers}).` };
  });
}

type Layer = { readonly ended: boolean; readonly current: number; readonly total: number };

/** One line of how far all layers are that were told of so far. */
export function layerBar(): (event: LayerEvent) => string {
  const layers = new Map<string, Layer>();
  return ({ layer, status, currentBytes, totalBytes }) => {
    const before = layers.get(layer) ?? { ended: false, current: 0, total: 0 };
    const moves = status === "downloading" || status === "uploading";
    const total = (moves ? totalBytes : null) ?? before.total;
    const ended = ENDED.has(status);
    // What is sent is counted with what is around it, and may come to more than was said.
    const current = ended ? total : Math.min((moves ? currentBytes : null) ?? before.current, total);
    layers.set(layer, { ended, current, total });
    return line([...layers.values()]);
  };
}

function line(layers: readonly Layer[]): string {
  const sum = (key: "current" | "total"): number => layers.reduce((bytes, layer) => bytes + layer[key], 0);
  const [current, total] = [sum("current"), sum("total")];
  const ended = layers.filter((layer) => layer.ended).length;
  const share = total === 0 ? ended / layers.length : current / total;
  const full = Math.floor(share * BAR_WIDTH);
  const bytes = total === 0 ? "" : `  ${formatBytes(current)} of ${formatBytes(total)}`;
  return `${"█".repeat(full)}${"░".repeat(BAR_WIDTH - full)}${bytes}  layers ${ended} of ${layers.length}`;
}
