/** What the proxy decided about one request. */
export type Decision = {
  /** Milliseconds since 1970. */
  readonly at: number;
  readonly host: string;
  readonly port: number;
  readonly allowed: boolean;
  /** Why it was refused, or what failed on the way to an allowed host; null: nothing to say. */
  readonly reason: string | null;
};

/** A request that goes no further. */
export class Refused extends Error {
  /** The status that the client gets, where it can still get one: 403 by policy, 502 by the network. */
  readonly status: 400 | 403 | 502;

  constructor(status: Refused["status"], reason: string) {
    super(reason);
    this.name = "Refused";
    this.status = status;
  }
}
