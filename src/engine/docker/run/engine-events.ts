import type { Readable } from "node:stream";
import type { EngineApi } from "../api/engine-api.ts";
import { readJsonLines } from "../api/json-lines.ts";
import { EventLine } from "../api/replies.ts";
import { settledWithin } from "./settled-within.ts";

/** Notices when the kernel ends a process of a container for memory, which no exit code tells for certain. */
export type MemoryWatch = Disposable & {
  /** True when it has happened since the watch began; waits up to `ms` for news that is on its way. */
  readonly happened: (ms: number) => Promise<boolean>;
};

/**
 * What the engine announces about the runs of this deployment, on one connection for all of them. It may be late or
 * miss something, when the connection breaks for example, so nothing may depend on it alone.
 */
export type EngineEvents = Disposable & {
  /** Listens from when it resolves. */
  readonly listen: (signal?: AbortSignal) => Promise<void>;
  /** The exit code of a process, once it is announced; may stay open for ever. To be given back by `forget`. */
  readonly exitCode: (execId: string) => Promise<number>;
  readonly forget: (execId: string) => void;
  readonly watchMemory: (containerId: string) => MemoryWatch;
};

export function createEngineEvents(api: EngineApi, label: string): EngineEvents {
  const exits = new Map<string, PromiseWithResolvers<number>>();
  const watches = new Set<Watch>();
  let stream: Promise<Readable> | undefined;
  const heard = ({ Action, Actor }: EventLine): void => {
    const { execID, exitCode } = Actor?.Attributes ?? {};
    if (execID !== undefined && exitCode !== undefined) exits.get(execID)?.resolve(Number(exitCode));
    if (Action === "oom") for (const watch of watches) if (watch.containerId === Actor?.ID) watch.seen.resolve(true);
  };
  const open = async (signal?: AbortSignal): Promise<Readable> => {
    const filters = JSON.stringify({ type: ["container"], event: ["oom", "exec_die"], label: [label] });
    return api.stream({ method: "GET", path: "/events", query: { filters }, signal });
  };
  const listen = async (signal?: AbortSignal): Promise<void> => {
    const opening = (stream ??= open(signal));
    const forget = (): void => void (stream === opening && (stream = undefined));
    try {
      const events = await opening;
      if (!reading.has(events)) {
        reading.add(events);
        // A connection that breaks has nothing more to tell; the next run opens another.
        read(events, heard).then(forget, forget);
      }
    } catch (error) {
      forget();
      throw error;
    }
  };
  const reading = new WeakSet<Readable>();
  return {
    listen,
    exitCode: (execId) => {
      const exit = exits.get(execId) ?? Promise.withResolvers<number>();
      exits.set(execId, exit);
      return exit.promise;
    },
    forget: (execId) => void exits.delete(execId),
    watchMemory: (containerId) => {
      const watch: Watch = { containerId, seen: Promise.withResolvers() };
      watches.add(watch);
      return {
        happened: (ms) => settledWithin(watch.seen.promise, ms),
        [Symbol.dispose]: () => void watches.delete(watch),
      };
    },
    [Symbol.dispose]: () => {
      void stream?.then(
        (events) => events.destroy(),
        () => undefined,
      );
    },
  };
}

type Watch = { readonly containerId: string; readonly seen: PromiseWithResolvers<boolean> };

async function read(events: Readable, heard: (line: EventLine) => void): Promise<void> {
  for await (const line of readJsonLines(events, EventLine)) heard(line);
}
