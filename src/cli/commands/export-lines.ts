import { canonicalJson, type Json } from "../../base/canonical-json.ts";
import { EXIT } from "../exit-codes.ts";
import type { Session } from "../invocation.ts";

/** A stream's events as JSON lines, each in its one canonical spelling. */
export async function exportLines(events: AsyncIterable<unknown>, { ui }: Session): Promise<number> {
  for await (const event of events) await ui.out(exportedLine(event));
  return EXIT.ok;
}

export function exportedLine(event: unknown): string {
  return `${canonicalJson(asJson(event))}\n`;
}

function asJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
