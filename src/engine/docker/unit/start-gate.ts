import { settledWithin } from "../run/settled-within.ts";

/**
 * Keeps a container from being frozen in the middle of the start of a run: such a container never answers again. Starts
 * of one container go side by side; `alone` waits for those that have begun and holds up those that come.
 */
export type StartGate = {
  readonly pass: <T>(containerId: string, start: () => Promise<T>) => Promise<T>;
  /** As `pass`, for what ends a run: it does not wait with `alone` for others, and for what that does only so long. */
  readonly urgent: <T>(containerId: string, start: () => Promise<T>) => Promise<T>;
  readonly alone: <T>(containerId: string, work: () => Promise<T>) => Promise<T>;
};

type Door = {
  readonly starting: Set<Promise<unknown>>;
  /** Until what is done alone has been done. */
  closed: Promise<unknown> | undefined;
  /** While it is being done. */
  working: Promise<unknown> | undefined;
};

/** Freezing takes an engine that is well some milliseconds. */
const PATIENCE_MS = 5_000;

export function createStartGate(): StartGate {
  const doors = new Map<string, Door>();
  const doorOf = (containerId: string): Door => {
    const door = doors.get(containerId) ?? { starting: new Set(), closed: undefined, working: undefined };
    doors.set(containerId, door);
    return door;
  };
  const leave = (containerId: string, { starting, closed }: Door): void => {
    if (starting.size === 0 && closed === undefined) doors.delete(containerId);
  };
  const closing = (containerId: string): Promise<unknown> | undefined => doors.get(containerId)?.closed;
  const through = async <T>(containerId: string, start: () => Promise<T>): Promise<T> => {
    const door = doorOf(containerId);
    const started = start();
    door.starting.add(started);
    try {
      return await started;
    } finally {
      door.starting.delete(started);
      leave(containerId, door);
    }
  };
  return {
    pass: async (containerId, start) => {
      while (closing(containerId) !== undefined) await Promise.allSettled([closing(containerId)]);
      return through(containerId, start);
    },
    urgent: async (containerId, start) => {
      const until = performance.now() + PATIENCE_MS;
      for (let left = PATIENCE_MS; left > 0; left = until - performance.now()) {
        const working = doors.get(containerId)?.working;
        if (working === undefined || !(await settledWithin(working, left))) break;
      }
      return through(containerId, start);
    },
    alone: async (containerId, work) => {
      while (closing(containerId) !== undefined) await Promise.allSettled([closing(containerId)]);
      const door = doorOf(containerId);
      const workAlone = async () => {
        while (door.starting.size > 0) await Promise.allSettled(door.starting);
        const working = work();
        door.working = working;
        return working;
      };
      const done = workAlone();
      door.closed = done;
      try {
        return await done;
      } finally {
        door.closed = undefined;
        door.working = undefined;
        leave(containerId, door);
      }
    },
  };
}
