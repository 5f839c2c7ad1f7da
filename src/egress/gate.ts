import type { Socket } from "node:net";
import type { AllowList } from "./allow-list.ts";
import { Refused, type Decision } from "./decision.ts";
import { allowedDestination, connectTo, type Destination, type Reach } from "./reach.ts";

const IDLE_MS = 300_000;

/** What one unit may do, asked anew for each request, and where decisions are told. */
export type Rules = {
  /** The list in force now; undefined: the unit is gone. */
  readonly allowed: () => Promise<AllowList | undefined>;
  readonly record: (decision: Decision) => void;
};

/** Opens the connection with `connect` and uses it; answers it. Throws Refused where the use itself is not allowed. */
type Use = (destination: Destination, connect: () => Promise<Socket>) => Promise<Socket>;

/** Where every request passes: judged, recorded, and kept in mind while its connection is open. */
export type Gate = {
  readonly pass: (wanted: Destination, use: Use, refuse: (refused: Refused) => void) => Promise<void>;
  /** Ends what is open and not allowed any more. */
  readonly recheck: () => Promise<void>;
};

export function createGate({ allowed, record }: Rules, reach: Reach): Gate {
  const open = new Map<Socket, Destination>();
  const keep = (upstream: Socket, destination: Destination): void => {
    open.set(upstream, destination);
    upstream.setTimeout(IDLE_MS, () => upstream.destroy());
    upstream.once("close", () => open.delete(upstream));
  };
  return {
    pass: async (wanted, use, refuse) => {
      const told = { at: Date.now(), host: wanted.host, port: wanted.port };
      try {
        const destination = allowedDestination(await allowed(), wanted.host, wanted.port);
        keep(await use(destination, () => connectTo(reach, destination)), destination);
        record({ ...told, host: destination.host, allowed: true, reason: null });
      } catch (error) {
        if (!(error instanceof Refused)) throw error;
        record({ ...told, allowed: error.status === 502, reason: error.message });
        refuse(error);
      }
    },
    recheck: async () => {
      if (open.size === 0) return;
      const list = await allowed();
      for (const [upstream, { host, port }] of open) {
        if (list === undefined || list.refusal(host, port) !== undefined) upstream.destroy();
      }
    },
  };
}
