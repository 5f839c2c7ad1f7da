import type { TableLayout } from "./table.ts";
import { printableLines, wrap } from "./text.ts";

const NARROWEST = 20;

/** `✔ …`: what was done. */
export function successLine(text: string, layout: TableLayout): string {
  return labelled({ label: "✔ ", paint: layout.style.green }, text, layout);
}

export function warningLine(text: string, layout: TableLayout): string {
  return labelled({ label: "warning: ", paint: layout.style.yellow }, text, layout);
}

/** Something beside the result that a reader may want to know. */
export function noteLine(text: string, layout: TableLayout): string {
  return labelled({ label: "note: ", paint: layout.style.cyan }, text, layout);
}

/** What failed, with the value and the expectation; then the next action. */
export function errorLines(text: string, hint: string | undefined, layout: TableLayout): string {
  const what = labelled({ label: "error: ", paint: layout.style.red }, text, layout);
  return hint === undefined ? what : what + labelled({ label: "hint: ", paint: layout.style.cyan }, hint, layout);
}

type Label = { readonly label: string; readonly paint: (text: string) => string };

/** A label and a text of which further lines begin below the first one's text. */
export function labelled({ label, paint }: Label, text: string, layout: TableLayout): string {
  const lines = wrap(printableLines(text), Math.max(NARROWEST, layout.width - label.length));
  return lines
    .map((line, index) => `${index === 0 ? paint(label) : " ".repeat(label.length)}${line}`.trimEnd() + "\n")
    .join("");
}
