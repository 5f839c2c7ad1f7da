import { MoorageError } from "../base/errors.ts";
import { boundedResult } from "./bounded-result.ts";

type Fields = Readonly<Record<string, unknown>>;

/** Reads a stream to its end, passes on what is said about progress, and keeps the `result` event's result. */
export async function collectResult(
  events: AsyncIterable<unknown>,
  onProgress: (message: string) => Promise<void>,
): Promise<Fields> {
  let result: Fields | undefined;
  for await (const event of events) {
    if (!isFields(event)) continue;
    const { type, message } = event;
    if ((type === "progress" || type === "warning") && typeof message === "string") await onProgress(message);
    if (type === "result" && isFields(event["result"])) result = event["result"];
  }
  if (result === undefined) throw new MoorageError("INTERNAL", "The run ended without a result.");
  return boundedResult(result);
}

export function isFields(value: unknown): value is Fields {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
