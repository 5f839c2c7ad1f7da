import { close, fdatasync, openSync } from "node:fs";
import { promisify } from "node:util";

/** A file whose writers wait for the disk together. */
export type Disk = {
  /** Resolves when everything that was written to the file before the call is on the disk. */
  readonly sync: () => Promise<void>;
  readonly close: () => void;
};

/**
 * The file that SQLite writes to, opened once more: what it has written there without waiting is waited for here, by a
 * thread, while others go on. Who comes while a wait is under way waits for the next one, together with all that come.
 */
export function createDisk(path: string): Disk {
  let descriptor: number | undefined;
  let current: Promise<void> | undefined;
  let next: Promise<void> | undefined;
  const start = (): Promise<void> => {
    next = undefined;
    descriptor ??= openSync(path, "r");
    const begun = syncToDisk(descriptor).finally(() => {
      if (current === begun) current = undefined;
    });
    current = begun;
    return begun;
  };
  return {
    sync: () => {
      if (current === undefined) return Promise.try(start);
      return (next ??= current.then(start, start));
    },
    close: () => {
      // After the wait that is under way: the number may be another file's by then.
      if (descriptor === undefined) return;
      const open = descriptor;
      Promise.allSettled([current, next]).then(
        () => close(open),
        () => undefined,
      );
      descriptor = undefined;
    },
  };
}

const syncToDisk = promisify(fdatasync);
