import type { Platform } from "./platform.ts";

/** What a request shows of who sends it. */
export type Shown = {
  /** Of `authorization: Bearer …`; undefined where there is none. */
  readonly bearer: string | undefined;
  /** Of the session's cookie, where the request is proven to be of a page of this server; absent at other doors. */
  readonly session?: string | undefined;
  /** The address that it comes from; absent on sockets. */
  readonly address?: string | undefined;
  /** A header by its name, several of one name joined by commas; absent at doors that have none. */
  readonly header?: (name: string) => string | undefined;
  /**
   * True where a request that was let in is asked about once more, because its answer goes on. It counts as no request,
   * keeps no session or key in use, and makes nobody a user.
   */
  readonly again?: boolean;
};

/**
 * The platform as whoever shows this may use it.
 * @throws UNAUTHENTICATED when it shows nobody who is known, FORBIDDEN when they may not come in, RATE_LIMITED when they
 * come too often.
 */
export type Admit = (shown: Shown) => Promise<Platform>;
