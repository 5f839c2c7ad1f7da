import type { RunEvent } from "../../src/contracts/types.ts";

/** Reads a run to its end; throws when it did not end with the code that is expected. */
export async function drain(events: AsyncIterable<RunEvent>, expected = 0): Promise<void> {
  for await (const event of events) {
    if (event.type !== "result" || event.result.exitCode === expected) continue;
    throw new Error(`A run ended with ${event.result.exitCode}, not with ${expected}.`);
  }
}
