import type { RunEvent } from "../../contracts/types.ts";
import type { OutputStream } from "../../store/store.ts";

/** Counts the characters that a run prints, also those that its record does not keep. */
export class PrintedCharacters {
  readonly #counts: Record<OutputStream, number> = { stdout: 0, stderr: 0 };
  #hasMissed = false;

  note(event: RunEvent): void {
    if (event.type === "gap") this.#hasMissed = true;
    if (event.type !== "stdout" && event.type !== "stderr") return;
    const { data, encoding } = event;
    this.#counts[event.type] += characters(encoding === "utf8" ? data : Buffer.from(data, encoding).toString());
  }

  /** Null where some were not seen: nobody knows which stream they were of. */
  of(stream: OutputStream): number | null {
    return this.#hasMissed ? null : this.#counts[stream];
  }
}

/** Code points, as most languages count them; a pair of surrogates is one. */
function characters(text: string): number {
  let count = text.length;
  for (let at = 0; at < text.length; at += 1) if ((text.charCodeAt(at) & 0xfc00) === 0xd800) count -= 1;
  return count;
}
