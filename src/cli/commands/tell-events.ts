import { canonicalJson, type Json } from "../../base/canonical-json.ts";
import { EXIT } from "../exit-codes.ts";
import type { Session } from "../invocation.ts";

/** The events of an operation's stream, as people read them where they have a view; else as JSON lines. */
export async function tellEvents(name: string, events: AsyncIterable<unknown>, session: Session): Promise<number> {
  const { globals, ui } = session;
  if (globals.json) return exportLines(events, session);
  const { EVENT_VIEWS } = await import("../views/views.ts");
  const show = EVENT_VIEWS[name];
  if (show === undefined) return exportLines(events, session);
  for await (const event of events) {
    const { out = exportedLine(event), note } = show(event) ?? {};
    if (note === undefined) await ui.out(out);
    else await ui.note(note);
  }
  return EXIT.ok;
}

/** A stream's events as JSON lines, each in its one canonical spelling. */
async function exportLines(events: AsyncIterable<unknown>, { ui }: Session): Promise<number> {
  for await (const event of events) await ui.out(exportedLine(event));
  return EXIT.ok;
}

export function exportedLine(event: unknown): string {
  return `${canonicalJson(asJson(event))}\n`;
}

function asJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
