import type { EngineName } from "../contracts/types.ts";
import { invalidValue } from "./flags/invalid-value.ts";
import type { GlobalOptions, OptionSpec } from "./invocation.ts";

/** Engines that may be asked for; `memory` keeps nothing and runs nothing, it is for tests. */
const OFFERED_ENGINES: readonly EngineName[] = ["docker", "process"];

/** Options of every command, before its words or after them. */
export const GLOBAL_OPTIONS: readonly OptionSpec[] = [
  { flag: "json", description: "Print the result or error as one line of JSON." },
  {
    flag: "engine",
    takes: OFFERED_ENGINES.join("|"),
    description: "What runs new sandboxes, in this command and by no server; else it is chosen by itself.",
  },
  { flag: "no-color", description: "No colour, as with NO_COLOR." },
];

export function globalsOf(given: ReadonlyMap<string, readonly string[]>): GlobalOptions {
  const text = given.get("engine")?.at(-1);
  const engine = OFFERED_ENGINES.find((name) => name === text);
  if (text !== undefined && engine === undefined)
    throw invalidValue("--engine", { expected: OFFERED_ENGINES.join(" or "), got: text });
  return { json: given.has("json"), ...(engine === undefined ? {} : { engine }) };
}

/** What the arguments say about output before they are parsed, and also where they cannot be. */
export function glimpse(argv: readonly string[]): { readonly json: boolean; readonly color: boolean } {
  const end = argv.indexOf("--");
  const before = end === -1 ? argv : argv.slice(0, end);
  return { json: before.includes("--json"), color: !before.includes("--no-color") };
}
