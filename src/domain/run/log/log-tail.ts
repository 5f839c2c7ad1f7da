import type { LogFrame, OutputStream } from "../../../store/store.ts";

const NEWLINE = 10;

/** Finds where the last lines of a stream begin, in one pass. A final newline ends a line and begins none. */
class LineStarts {
  readonly #count: number;
  readonly #starts: number[] = [];
  #next = 0;
  #atStart = true;

  /** `count`: lines at most. */
  constructor(count: number) {
    this.#count = count;
  }

  add(data: Uint8Array, offset: number): void {
    for (let at = 0; at < data.length;) {
      if (this.#atStart) this.#begin(offset + at);
      const newline = data.indexOf(NEWLINE, at);
      this.#atStart = newline !== -1;
      at = newline === -1 ? data.length : newline + 1;
    }
  }

  /** Bytes are missing here: what follows begins a line. */
  gap(): void {
    this.#atStart = true;
  }

  /** Where the first of the last lines begins; infinite where there is none. */
  get first(): number {
    return this.#starts[this.#oldest] ?? Infinity;
  }

  get #oldest(): number {
    return this.#starts.length < this.#count ? 0 : this.#next % this.#count;
  }

  #begin(offset: number): void {
    if (this.#count === 0) return;
    this.#starts[this.#next % this.#count] = offset;
    this.#next += 1;
  }
}

/** Where the last `count` lines of each stream begin. */
export async function tailStarts(
  frames: AsyncIterable<LogFrame>,
  count: number,
): Promise<Readonly<Record<OutputStream, number>>> {
  const lines = { stdout: new LineStarts(count), stderr: new LineStarts(count) };
  for await (const frame of frames) {
    if (frame.type === "output") lines[frame.stream].add(frame.data, frame.offset);
    else for (const stream of ["stdout", "stderr"] as const) lines[stream].gap();
  }
  return { stdout: lines.stdout.first, stderr: lines.stderr.first };
}
