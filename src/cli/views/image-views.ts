import { ImagePresence } from "../../contracts/image.ts";
import { bytesCell } from "./cells.ts";
import { view } from "./view.ts";

/** The digest alone, for a script; people are told the rest beside it. */
export const imagePresence = view(ImagePresence, ({ reference, digest, sizeBytes }) =>
  digest === null
    ? { note: `the engine has no image ${reference}.` }
    : { out: `${digest}\n`, success: `The engine has ${reference} (${bytesCell(sizeBytes)}).` },
);
