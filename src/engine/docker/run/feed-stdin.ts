import type { Duplex } from "node:stream";
import type { Logger } from "../../../base/logger.ts";
import { Once } from "../../../base/once.ts";

type Feeding = {
  readonly logger: Logger;
  /** For a terminal, which is taken away from its programs when its input is closed. @default false */
  readonly keepOpen?: boolean;
};

/**
 * Writes the input to the process as fast as it takes it, then closes its stdin. Ends early, closing the input, when
 * the connection does. Never rejects: an input that breaks off is closed where it broke, and the program decides.
 */
export async function feedStdin(
  socket: Duplex,
  input: AsyncIterable<Uint8Array>,
  { logger, keepOpen = false }: Feeding,
): Promise<void> {
  const closing = Promise.withResolvers<undefined>();
  const closed = new Once(closing.promise);
  const close = (): void => closing.resolve(undefined);
  socket.once("close", close);
  const iterator = input[Symbol.asyncIterator]();
  try {
    while (!socket.destroyed) {
      const item = await closed.or(iterator.next());
      if (item === undefined || item.done === true) break;
      if (!socket.write(item.value)) await closed.or(drained(socket));
    }
  } catch (error) {
    logger.warn({ err: error }, "the input of a run broke off");
  } finally {
    socket.off("close", close);
    if (!keepOpen) socket.end();
    iterator.return?.()?.catch((error: unknown) => logger.debug({ err: error }, "closing the input of a run failed"));
  }
}

function drained(socket: Duplex): Promise<undefined> {
  return new Promise((resolve) => void socket.once("drain", () => resolve(undefined)));
}
