import type { Readable, Writable } from "node:stream";
import type { MoorageError } from "../base/errors.ts";
import type { EngineName } from "../contracts/types.ts";
import type { Platform } from "../contracts/platform.ts";

/** A terminal that programs can be connected to. */
export type Terminal = {
  readonly size: () => { readonly columns: number; readonly rows: number };
  /** TERM: what the terminal understands. */
  readonly type: string;
  /**
   * Raw: every key is passed on as it is pressed, Ctrl-C too, and output goes out to the byte, without a carriage return
   * before a newline. The process's end undoes it in any case.
   */
  readonly setRaw: (raw: boolean) => void;
  /** Answers how to stop listening. */
  readonly onResize: (listener: () => void) => () => void;
};

/** The terminal, passed in, so that whole commands run in tests. */
export type CliIo = {
  /** Where somebody types and reads; undefined where stdin or stdout is none. */
  readonly terminal?: Terminal;
  readonly stdin: Readable;
  readonly stdout: Writable;
  readonly stderr: Writable;
  /** True when people read stderr and stdout there: progress is shown. */
  readonly isTerminal: boolean;
  readonly color: boolean;
  /** Width for tables; 80 where unknown. */
  readonly columns: number;
  /** Absolute; relative host paths start there. */
  readonly currentDirectory: string;
  /** Aborts on Ctrl-C, SIGTERM, and when the terminal closes. */
  readonly signal: AbortSignal;
};

export type OpenOptions = {
  /** From `--engine`; undefined: chosen by itself. */
  readonly engine?: EngineName;
  /** True when the command names an image, which only some engines can have. */
  readonly needsImages: boolean;
};

/** Where a server listens. */
export type ServeReady = {
  /** File of the socket for the user who started it. */
  readonly socket: string;
  /** File of the socket for agents, which asks for a key. */
  readonly agentSocket: string;
  readonly urls: readonly string[];
  /** The first administrator's key; there at the very first start alone. */
  readonly adminKey?: string;
};

/** What the composition root lends to the command line. */
export type CliHost = {
  readonly version: string;
  /** A running local server, else an engine in this process. */
  readonly openPlatform: (options: OpenOptions) => Promise<Platform & AsyncDisposable>;
  /** Serves the API on its sockets, and on TCP, until the signal aborts. */
  readonly serve: (options: {
    readonly engine?: EngineName;
    /** From `--listen`; undefined: as it is configured. */
    readonly listen?: readonly string[];
    readonly signal: AbortSignal;
    readonly onReady: (ready: ServeReady) => void;
  }) => Promise<void>;
  /** Serves what Moorage needs of an engine's API on a socket of its own, until the signal aborts. */
  readonly engineProxy: (options: {
    readonly listen: string;
    readonly upstream: string;
    readonly signal: AbortSignal;
    readonly onReady: () => void;
  }) => Promise<void>;
  /** Serves MCP on stdin and stdout until stdin ends. */
  readonly mcp: (options: { readonly engine?: EngineName; readonly signal: AbortSignal }) => Promise<void>;
  /** Logs (debug) the cause of an error that people are told as INTERNAL only. */
  readonly logUnexpected: (error: MoorageError) => Promise<void>;
};
