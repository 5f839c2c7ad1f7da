import { canonicalJson, type Json } from "../../base/canonical-json.ts";
import { EXIT } from "../exit-codes.ts";
import type { Session } from "../invocation.ts";
import type { Shown } from "../views/view.ts";

/** The events of an operation's stream, as people read them where they have a view; else as JSON lines. */
export async function tellEvents(name: string, events: AsyncIterable<unknown>, session: Session): Promise<number> {
  const { globals, ui } = session;
  if (globals.json) return exportLines(events, session);
  const { EVENT_VIEWS } = await import("../views/views.ts");
  const show = EVENT_VIEWS[name]?.();
  if (show === undefined) return exportLines(events, session);
  for await (const event of events) await tell(show(event) ?? { out: exportedLine(event) }, ui);
  return EXIT.ok;
}

async function tell({ out, progress, success, note }: Shown, ui: Session["ui"]): Promise<void> {
  if (progress !== undefined) await ui.progress(progress);
  if (out !== undefined) await ui.out(out);
  if (success !== undefined) await ui.success(success);
  if (note !== undefined) await ui.note(note);
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
