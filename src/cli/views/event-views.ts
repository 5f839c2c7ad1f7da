import { WatchEvent } from "../../contracts/event.ts";
import type { Event } from "../../contracts/types.ts";
import { printable } from "../output/text.ts";
import { timeCell } from "./cells.ts";
import { eventView } from "./view.ts";

/** A line for each: when, what, of which, and what else is known. */
export const eventsWatched = eventView(WatchEvent, (event) => {
  switch (event.type) {
    case "watching":
      return { progress: "Watching…" };
    case "ended":
      return { note: printable(event.reason) };
    case "missed": {
      const many = event.count === null ? "some events" : event.count === 1 ? "1 event" : `${event.count} events`;
      return { warning: `${many} up to ${event.id} are not told here.` };
    }
    default:
      return { out: `${told(event)}\n` };
  }
});

function told({ time, type, owner, subject, facts }: Event): string {
  const name = subject.name === null || subject.name === subject.id ? [] : [printable(subject.name)];
  const known = Object.entries(facts).flatMap(([fact, value]) =>
    value === null ? [] : [`${fact}=${printable(String(value))}`],
  );
  return [timeCell(time), type, owner, printable(subject.id), ...name, ...known].join("  ");
}
