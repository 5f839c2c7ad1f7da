import type { TableLayout } from "./table.ts";
import { displayWidth, pad, printable, wrap } from "./text.ts";

const GAP = 2;
const NARROWEST_VALUE = 20;

/** Labels and values, one below the other. Values are never shortened: they break between words. */
export function keyValues(pairs: readonly (readonly [label: string, value: string])[], layout: TableLayout): string {
  const labelWidth = Math.max(0, ...pairs.map(([label]) => displayWidth(label)));
  const indent = labelWidth + GAP;
  const valueWidth = Math.max(NARROWEST_VALUE, layout.width - indent);
  return pairs
    .map(([label, value]) => {
      const [first = "", ...more] = wrap(printable(value), valueWidth);
      const lines = [`${layout.style.bold(pad(label, labelWidth))}${" ".repeat(GAP)}${first}`.trimEnd()];
      return [...lines, ...more.map((line) => " ".repeat(indent) + line)].map((line) => `${line}\n`).join("");
    })
    .join("");
}
