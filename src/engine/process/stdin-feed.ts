import { Socket } from "node:net";
import { pipeline, Readable } from "node:stream";

/**
 * Writes what comes into a program's stdin, and closes it at the end. A program that ends, or does not read, is no
 * failure; the source is closed in any case. `onFailure` hears of a source that failed.
 */
export function feedStdin(
  descriptor: number,
  source: AsyncIterable<Uint8Array>,
  options: { readonly ended: Promise<unknown>; readonly onFailure: (error: Error) => void },
): void {
  const target = new Socket({ fd: descriptor, readable: false, writable: true });
  const from = Readable.from(source);
  let over = false;
  pipeline(from, target, (error) => {
    target.destroy();
    if (error && !over && from.errored === error) options.onFailure(error);
  });
  void options.ended.then(() => {
    over = true;
    target.destroy();
  });
}
