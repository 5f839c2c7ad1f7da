import type { WebSocket } from "ws";

/** What a route does with the connection once it is a WebSocket. */
export type Upgraded = (socket: WebSocket) => void;

/** A request to become a WebSocket, as a route sees it. */
export type Upgrade = {
  /** Aborts when the client's connection closes, before or after. */
  readonly left: AbortSignal;
  /** The route's answer counts no more: the request becomes a WebSocket. */
  readonly accept: (upgraded: Upgraded) => void;
};
