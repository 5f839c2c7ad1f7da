import { basename } from "node:path";
import { readHostText } from "./host-text.ts";

type Reading = { readonly label: string; readonly directory: string };

const HINTS = {
  larger: "Copy the file with `moorage sandbox cp`, then run it by its name.",
  noText: "Copy files that are not text with `moorage sandbox cp`.",
};

/** A code block from a file of this host; a relative path starts at `directory`. */
export async function readCodeFile(path: string, reading: Reading): Promise<{ filename: string; content: string }> {
  return {
    filename: basename(path),
    content: await readHostText(path, { ...reading, maxMib: 8, what: "code", hints: HINTS }),
  };
}
