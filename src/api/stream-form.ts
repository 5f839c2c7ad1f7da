import type { Operation } from "../contracts/operation.ts";
import { EVENT_STREAM, NDJSON } from "./answers.ts";

/** How the items of a stream are written. */
export type StreamForm = {
  readonly contentType: string;
  readonly encode: (item: object) => Uint8Array;
  /** Says only that the stream is alive. */
  readonly idle: Uint8Array;
};

/** What is told to many at one time is written once for all of them. */
function writtenOnce(write: (item: object) => string): StreamForm["encode"] {
  const written = new WeakMap<object, Uint8Array>();
  return (item) => {
    const known = written.get(item) ?? Buffer.from(write(item));
    written.set(item, known);
    return known;
  };
}

function lineText(item: object): string {
  return `${JSON.stringify(item)}\n`;
}

const LINES: StreamForm = {
  contentType: NDJSON,
  encode: (item) => Buffer.from(lineText(item)),
  idle: Buffer.from("\n"),
};

/** As a page of the web reads it; JSON has no line breaks of its own, so it is one `data` line. */
function eventText(item: object): string {
  return `event: ${textOf(item, "type") ?? "message"}\ndata: ${JSON.stringify(item)}\n\n`;
}

const EVENTS: StreamForm = {
  contentType: EVENT_STREAM,
  encode: (item) => Buffer.from(eventText(item)),
  idle: Buffer.from(": alive\n\n"),
};

const RESUMABLE_LINES: StreamForm = { ...LINES, encode: writtenOnce(lineText) };

const RESUMABLE_EVENTS: StreamForm = {
  ...EVENTS,
  encode: writtenOnce((item) => {
    const id = textOf(item, "id");
    return `${id === undefined ? "" : `id: ${id}\n`}${eventText(item)}`;
  }),
};

/** Server-sent events where the request asks for them by name, else a line of JSON for each item. */
export function formOf({ headers }: Request, { http }: Operation): StreamForm {
  const accepted = (headers.get("accept") ?? "").split(",").map((part) => part.split(";")[0]?.trim().toLowerCase());
  const asEvents = accepted.includes(EVENT_STREAM);
  if (http.resumeBy === undefined) return asEvents ? EVENTS : LINES;
  return asEvents ? RESUMABLE_EVENTS : RESUMABLE_LINES;
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
