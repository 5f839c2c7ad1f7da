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

async function tell(shown: Shown, ui: Session["ui"]): Promise<void> {
  const { out, err, success, note, warning, progress } = shown;
  if (out !== undefined) await ui.out(out);
  if (err !== undefined) await ui.err(err);
  if (success !== undefined) await ui.success(success);
  if (warning !== undefined) await ui.warning(warning);
  if (note !== undefined) await ui.note(note);
  if (progress !== undefined) await ui.progress(progress);
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
