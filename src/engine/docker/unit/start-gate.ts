/**
 * Keeps a container from being frozen in the middle of the start of a run: such a container never answers again. Starts
 * of one container go side by side; `alone` waits for those that have begun and holds up those that come.
 */
export type StartGate = {
  readonly pass: <T>(containerId: string, start: () => Promise<T>) => Promise<T>;
  readonly alone: <T>(containerId: string, work: () => Promise<T>) => Promise<T>;
};

type Door = { readonly starting: Set<Promise<unknown>>; closed: Promise<unknown> | undefined };

export function createStartGate(): StartGate {
  const doors = new Map<string, Door>();
  const doorOf = (containerId: string): Door => {
    const door = doors.get(containerId) ?? { starting: new Set(), closed: undefined };
    doors.set(containerId, door);
    return door;
  };
  const leave = (containerId: string, { starting, closed }: Door): void => {
    if (starting.size === 0 && closed === undefined) doors.delete(containerId);
  };
  return {
    pass: async (containerId, start) => {
      const door = doorOf(containerId);
      while (door.closed !== undefined) await Promise.allSettled([door.closed]);
      const started = start();
      door.starting.add(started);
      try {
        return await started;
      } finally {
        door.starting.delete(started);
        leave(containerId, door);
      }
    },
    alone: async (containerId, work) => {
      const door = doorOf(containerId);
      while (door.closed !== undefined) await Promise.allSettled([door.closed]);
      const done = Promise.allSettled(door.starting).then(work);
      door.closed = done;
      try {
        return await done;
      } finally {
        door.closed = undefined;
        leave(containerId, door);
      }
    },
  };
}
