import { EventWatch, WatchEvent } from "../event.ts";
import { stream } from "../operation.ts";

export const eventOperations = {
  watch: stream({
    summary: "Watch what happens: sandboxes, runs, builds, images and more.",
    http: { method: "get", path: "/v1/events", resumeBy: "after" },
    cli: { command: "events" },
    // What of it is told follows from the scopes for the nouns.
    access: "anyone",
    input: EventWatch,
    output: WatchEvent,
  }),
} as const;
