import { Socket } from "node:net";
import { pipeline, Readable } from "node:stream";

type Feeding = {
  readonly source: AsyncIterable<Uint8Array>;
  /** Settles when the program has ended. */
  readonly ended: Promise<unknown>;
  /** Hears of a source that failed; the program then finds the end of its input. */
  readonly onFailure: (error: unknown) => void;
};

/**
 * Writes what comes into a program's stdin, and closes it at the end. A program that ends, or does not read, is no
 * failure; the source is closed in any case.
 */
export function feedStdin(descriptor: number, { source, ended, onFailure }: Feeding): void {
  const target = new Socket({ fd: descriptor, readable: false, writable: true });
  // The only error that is left is a program's that closed its stdin.
  pipeline(Readable.from(upToFailure(source, onFailure)), target, () => target.destroy());
  void ended.then(() => target.destroy());
}

async function* upToFailure(
  source: AsyncIterable<Uint8Array>,
  onFailure: Feeding["onFailure"],
): AsyncGenerator<Uint8Array> {
  try {
    yield* source;
  } catch (error) {
    onFailure(error);
  }
}
