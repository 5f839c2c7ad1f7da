/** Ports of running units. NOT_FOUND for an absent unit, SANDBOX_NOT_RUNNING for one that does not run. */
export type UnitPorts = {
  /** True when something in the unit accepts TCP connections on this port, on whatever address of the unit. */
  readonly listens: (id: string, port: number, signal?: AbortSignal) => Promise<boolean>;
  /** Where this host reaches a TCP port of the unit; undefined when the unit's network lets nobody in. */
  readonly reach: (id: string, port: number, signal?: AbortSignal) => Promise<PortAddress | undefined>;
};

export type PortAddress = { readonly host: string; readonly port: number };
