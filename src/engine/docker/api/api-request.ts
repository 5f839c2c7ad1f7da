/** A request to the engine, before it is known what kind of engine reads it. */
export type ApiRequest = {
  readonly method: "GET" | "HEAD" | "POST" | "PUT" | "DELETE";
  /** Without the version, such as `/containers/json`. */
  readonly path: string;
  readonly query?: Readonly<Record<string, string | undefined>>;
  /** For the paths that every version has. */
  readonly unversioned?: boolean;
  /** Beside those that follow from the rest. */
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent as JSON. */
  readonly json?: unknown;
  /** Sent as it is. */
  readonly tar?: AsyncIterable<Uint8Array>;
  readonly signal?: AbortSignal | undefined;
  /** Deadline of the whole exchange; for `stream` and `hijack` until the engine begins to answer. @default 30000 */
  readonly timeoutMs?: number;
};
