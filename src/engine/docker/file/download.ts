import { posix } from "node:path";
import { canceled } from "../../../base/deadline.ts";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import { existing, type FilesContext, type Wanted } from "./existing-entry.ts";
import { rewriteTar } from "./rewrite-tar.ts";
import { Spool } from "../../spool.ts";

const SILENCE_MS = 300_000;

/** A file or a tree by the engine's archive API. */
export async function* download(
  context: FilesContext,
  { id, path, signal }: Omit<Wanted, "follow">,
): AsyncGenerator<Uint8Array, void, undefined> {
  const { containerId, place } = await existing(context, { id, path, follow: true, signal });
  const archive = `/containers/${containerId}/archive`;
  const source = await context.api.stream({ method: "GET", path: archive, query: { path: place.path }, signal });
  const cut = (): void => void source.destroy(new Error("canceled", { cause: signal?.reason }));
  signal?.addEventListener("abort", cut, { once: true });
  source.setTimeout(SILENCE_MS, () => source.destroy(new Error("Docker fell silent")));
  await using spool = new Spool();
  // What fails is told by reading.
  const filling = spool.fill(source).catch(() => undefined);
  try {
    yield* renamed(spool.read(), posix.basename(place.path), posix.basename(path));
  } catch (error) {
    if (isMoorageError(error)) throw error;
    if (signal?.aborted === true) throw canceled(signal.reason);
    throw new MoorageError("ENGINE_FAILED", `The download of "${path}" broke off.`, { cause: error });
  } finally {
    signal?.removeEventListener("abort", cut);
    source.destroy();
    await filling;
  }
}

// Through a link the engine names entries after what it leads to.
function renamed(source: AsyncIterable<Uint8Array>, from: string, to: string): AsyncIterable<Uint8Array> {
  if (from === to) return source;
  return rewriteTar(source, {
    first: [],
    visit: (header) => Promise.resolve([{ ...header, name: to + header.name.slice(from.length) }]),
  });
}
