import type { Logger } from "../base/logger.ts";
import type { Rules } from "./gate.ts";
import { openProxy, type Entrance, type Proxy } from "./proxy.ts";
import { internet, type Reach } from "./reach.ts";

export { parseAllowList, type AllowList } from "./allow-list.ts";
export type { Decision } from "./decision.ts";
export type { Rules } from "./gate.ts";
export type { Entrance } from "./proxy.ts";

/** The only way out of networks that allow some names: a proxy for each unit, in this process. */
export type Egress = AsyncDisposable & {
  /** Listens for a unit, once; ENGINE_FAILED when it cannot. */
  readonly open: (id: string, entrance: Entrance, rules: Rules) => Promise<void>;
  /** Ends what is open and not allowed any more. Other processes do so within seconds. */
  readonly recheck: (id: string) => Promise<void>;
  /** Listens no more for a unit, and ends what is open. */
  readonly close: (id: string) => Promise<void>;
  readonly isOpen: (id: string) => boolean;
  /** The units that it listens for. */
  readonly opened: () => readonly string[];
};

export type EgressOptions = {
  readonly logger: Logger;
  /** How names are resolved, and which addresses may be reached. @default the public internet */
  readonly reach?: Reach;
};

export function createEgress({ logger, reach = internet }: EgressOptions): Egress {
  const proxies = new Map<string, Promise<Proxy>>();
  const close = async (id: string): Promise<void> => {
    const proxy = proxies.get(id);
    proxies.delete(id);
    await (await proxy)?.[Symbol.asyncDispose]();
  };
  return {
    open: async (id, entrance, rules) => {
      const proxy = proxies.get(id) ?? openProxy({ entrance, rules, reach, logger });
      proxies.set(id, proxy);
      try {
        await proxy;
      } catch (error) {
        proxies.delete(id);
        throw error;
      }
    },
    recheck: async (id) => (await proxies.get(id))?.recheck(),
    close,
    isOpen: (id) => proxies.has(id),
    opened: () => [...proxies.keys()],
    [Symbol.asyncDispose]: async () => {
      for (const id of [...proxies.keys()]) await close(id);
    },
  };
}
