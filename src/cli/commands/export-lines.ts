import { canonicalJson, type Json } from "../../base/canonical-json.ts";
import { EXIT } from "../exit-codes.ts";
import type { Session } from "../invocation.ts";

/** A stream's events as JSON lines, each in its one canonical spelling. */
export async function exportLines(events: AsyncIterable<unknown>, { ui }: Session): Promise<number> {
  for await (const event of events) await ui.out(`${canonicalJson(asJson(event))}\n`);
  return EXIT.ok;
}

function asJson(value: unknown): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}
