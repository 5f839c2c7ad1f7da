import { formatDuration } from "../../base/quantities.ts";
import type { BatchEvent } from "../../contracts/types.ts";

const MOST_LINES = 8;
const SECOND_MS = 1000;

type Running = { readonly name: string; readonly since: number; doing: string };

/** What is going on in a batch, as lines for people: one for each job that runs, then how far the whole is. */
export class BatchBoard {
  readonly #total: number;
  readonly #now: () => number;
  readonly #running = new Map<number, Running>();
  #ended = 0;

  /** `now`: milliseconds that never jump. */
  constructor(total: number, now: () => number) {
    this.#total = total;
    this.#now = now;
  }

  note(event: BatchEvent): void {
    switch (event.type) {
      case "preparing":
        this.#running.set(event.index, { name: event.name, since: this.#now(), doing: "preparing" });
        break;
      case "progress":
        this.#tell(event.index, event.message);
        break;
      case "started":
        this.#tell(event.index, "running");
        break;
      case "ended":
        this.#running.delete(event.index);
        this.#ended += 1;
        break;
      default:
    }
  }

  lines(): readonly string[] {
    const running = [...this.#running.values()];
    const shown = running.slice(0, MOST_LINES).map(({ name, since, doing }) => {
      const seconds = Math.floor((this.#now() - since) / SECOND_MS);
      return `${name}: ${doing}, ${formatDuration(seconds * SECOND_MS)}`;
    });
    const hidden = running.length - shown.length;
    const more = hidden > 0 ? [`and ${hidden} more`] : [];
    return [...shown, ...more, `${this.#ended} of ${this.#total} jobs have ended`];
  }

  #tell(index: number, doing: string): void {
    const running = this.#running.get(index);
    if (running !== undefined) running.doing = doing;
  }
}
