import type { ProbeOutcome } from "../../contracts/types.ts";
import { labelled, successLine } from "../output/message.ts";
import { table, type TableLayout } from "../output/table.ts";
import { NOTHING } from "./cells.ts";

const CELLS: Readonly<Record<ProbeOutcome["outcome"], string>> = {
  held: "held",
  broken: "BROKEN",
  by_design: "by design",
  not_tried: "not tried",
};

/** A row for each probe and a column for each kind of sandbox, then what did not hold or was not tried, in words. */
export function probeTable(probes: readonly ProbeOutcome[], layout: TableLayout): string {
  const places = [...new Set(probes.map(placeOf))];
  const names = [...new Set(probes.map(({ probe }) => probe))];
  const columns = [{ header: "PROBE", whole: true }, ...places.map((header) => ({ header, whole: true }))];
  const rows = names.map((name) => [
    name,
    ...places.map((place) => {
      const found = probes.find((each) => each.probe === name && placeOf(each) === place);
      return found === undefined ? NOTHING : CELLS[found.outcome];
    }),
  ]);
  return `${table(columns, rows, layout)}\n${remarks(probes, layout)}${sentence(probes, layout)}`;
}

function placeOf({ profile, network }: ProbeOutcome): string {
  return `${profile}/${network.split(":")[0] ?? network}`;
}

function remarks(probes: readonly ProbeOutcome[], layout: TableLayout): string {
  const told = new Map<string, string[]>();
  for (const each of probes) {
    if (each.outcome === "held") continue;
    const text = `${each.probe} ${CELLS[each.outcome]}: it tried to ${each.tries}; ${each.message}`;
    told.set(text, [...(told.get(text) ?? []), placeOf(each)]);
  }
  const lines = [...told].map(([text, places]) => {
    const broken = text.includes(` ${CELLS.broken}: `);
    const label = broken ? { label: "✖ ", paint: layout.style.red } : { label: "! ", paint: layout.style.yellow };
    return labelled(label, `${text} (${places.join(", ")}).`, layout);
  });
  return lines.length === 0 ? "" : `${lines.join("")}\n`;
}

function sentence(probes: readonly ProbeOutcome[], layout: TableLayout): string {
  const count = (outcome: ProbeOutcome["outcome"]): number => probes.filter((each) => each.outcome === outcome).length;
  const told = `${count("held")} probes held, ${count("by_design")} got what their sandbox grants, ${count("not_tried")} were not tried`;
  if (count("broken") === 0) return successLine(`${told}.`, layout);
  const text = `${count("broken")} of ${probes.length} probes got out; ${told}.`;
  return labelled({ label: "✖ ", paint: layout.style.red }, text, layout);
}
