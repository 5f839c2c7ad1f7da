import type { IncomingMessage } from "node:http";
import { createInterface } from "node:readline";

/** One line of the engine's progress stream (pull, import, build). */
export interface ProgressLine {
  text: string;
  /** Set when the operation failed: the status of the request itself stays 200. */
  error: string | undefined;
}

/** Reads the progress stream to its end. */
export async function* progressLines(answer: IncomingMessage): AsyncGenerator<ProgressLine> {
  for await (const line of createInterface({ input: answer, crlfDelay: Infinity })) {
    if (line.trim() !== "") yield parseProgressLine(line);
  }
}

export function parseProgressLine(line: string): ProgressLine {
  const value: unknown = JSON.parse(line);
  if (typeof value !== "object" || value === null) return { text: line, error: undefined };
  const text = "stream" in value ? value.stream : "status" in value ? value.status : "";
  const error = "error" in value ? String(value.error) : undefined;
  return { text: String(text).trimEnd(), error };
}
