import type { Operation } from "../contracts/operation.ts";
import { EVENT_STREAM, NDJSON } from "./answers.ts";

/** How the items of a stream are written. */
export type StreamForm = {
  readonly contentType: string;
  readonly encode: (item: object) => Uint8Array;
  /** Says only that the stream is alive. */
  readonly idle: Uint8Array;
};

const LINES: StreamForm = {
  contentType: NDJSON,
  encode: (item) => Buffer.from(`${JSON.stringify(item)}\n`),
  idle: Buffer.from("\n"),
};

/** As a page of the web reads them; JSON has no line breaks of its own, so each item is one `data` line. */
const EVENTS: StreamForm = {
  contentType: EVENT_STREAM,
  encode: (item) => Buffer.from(`event: ${textOf(item, "type") ?? "message"}\ndata: ${JSON.stringify(item)}\n\n`),
  idle: Buffer.from(": alive\n\n"),
};

const RESUMABLE_EVENTS: StreamForm = {
  ...EVENTS,
  encode: (item) => {
    const id = textOf(item, "id");
    return Buffer.concat([Buffer.from(id === undefined ? "" : `id: ${id}\n`), EVENTS.encode(item)]);
  },
};

/** Server-sent events where the request asks for them by name, else a line of JSON for each item. */
export function formOf({ headers }: Request, { http }: Operation): StreamForm {
  const accepted = (headers.get("accept") ?? "").split(",").map((part) => part.split(";")[0]?.trim().toLowerCase());
  if (!accepted.includes(EVENT_STREAM)) return LINES;
  return http.resumeBy === undefined ? EVENTS : RESUMABLE_EVENTS;
}

type Input = Readonly<Record<string, unknown>>;

/** The input of a reader that comes back: its header says where it was, and goes before what its address says. */
export function resumed({ headers }: Request, { http }: Operation, input: Input): Input {
  const last = headers.get("last-event-id") ?? "";
  return http.resumeBy === undefined || last === "" ? input : { ...input, [http.resumeBy]: last };
}

function textOf(item: object, field: string): string | undefined {
  const value: unknown = Reflect.get(item, field);
  return typeof value === "string" ? value : undefined;
}
