import { once } from "node:events";
import { extract } from "tar-stream";
import { MoorageError } from "../../../base/errors.ts";

/** What a layer calls a file that it removes from those below. */
const WHITEOUT = ".wh.";

/**
 * Passes a directory's tar on as it comes. PATH_NOT_ALLOWED, at its end at the latest, when it has a name by which a
 * layer would say that something was removed.
 */
export async function* refuseWhiteouts(source: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void, undefined> {
  const names = extract();
  let found: string | undefined;
  names.on("entry", ({ name }, entry, next) => {
    if (name.replace(/\/$/, "").split("/").at(-1)?.startsWith(WHITEOUT) === true) found ??= name;
    entry.resume();
    next();
  });
  try {
    for await (const chunk of source) {
      if (!names.write(chunk)) await once(names, "drain");
      if (found !== undefined) throw whiteout(found);
      yield chunk;
    }
    names.end(undefined);
    await once(names, "finish");
    if (found !== undefined) throw whiteout(found);
  } finally {
    names.destroy();
  }
}

function whiteout(name: string): MoorageError {
  const path = JSON.stringify(name.replace(/^\/|^workspace\//, ""));
  const message = `The workspace has ${path}, which no image can keep: it would be taken for a file that was removed.`;
  return new MoorageError("PATH_NOT_ALLOWED", message, {
    hint: `Rename it: other names than those that begin with ${WHITEOUT} are kept.`,
  });
}
