import type { RunSignal, TerminalSize } from "../../engine.ts";
import type { End } from "./live-run.ts";
import type { PortAddress } from "../../engine.ts";
import type { Owner } from "../file/file-store.ts";

/** What a program of the memory engine is given. Once its run has ended, every function of it rejects. */
export type ProgramContext = {
  /** Its name first. */
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly user: Owner;
  readonly stdin: AsyncIterable<Uint8Array>;
  /** Resolves when there was room; a slow reader makes it wait. */
  readonly stdout: (data: string | Uint8Array) => Promise<void>;
  readonly stderr: (data: string | Uint8Array) => Promise<void>;
  readonly files: ProgramFiles;
  /** Resolves after this time. */
  readonly sleep: (ms: number) => Promise<void>;
  /** From now on this signal does that instead of what it does by itself; KILL and STOP cannot be trapped. */
  readonly trap: (signal: RunSignal, action: () => void) => void;
  /** Size of the run's terminal; undefined without one. `onResize` is told of changes, as by WINCH. */
  readonly terminal: () => TerminalSize | undefined;
  readonly onResize: (action: () => void) => void;
  /** Closes stdout and stderr; what is printed later goes nowhere. */
  readonly closeOutput: () => void;
  /** Ends the run and all that it left behind, as a signal does. */
  readonly end: (how: End) => void;
  /** Takes memory; beyond the unit's limit the run ends with 137, out of memory. */
  readonly allocate: (bytes: number) => void;
  /** Says where what this program serves on a port of its unit can be reached. */
  readonly listening: (port: number, address: PortAddress) => void;
  /** Where a member of the unit's named network serves a port, by its id or name. */
  readonly peer: (name: string, port: number) => PortAddress | undefined;
  /** Starts something beside the program, as a child in the background; it ends with the run at the latest. */
  readonly spawn: (work: () => Promise<void>) => void;
  /** Aborts when the run's processes are ended. */
  readonly signal: AbortSignal;
};

/** Files as a program sees them: relative paths start at its directory, links are followed. */
export type ProgramFiles = {
  readonly read: (path: string) => Promise<Uint8Array>;
  readonly write: (path: string, data: string | Uint8Array) => Promise<void>;
  readonly link: (target: string, path: string) => Promise<void>;
  /** One that is there already is no error. */
  readonly makeDirectory: (path: string) => Promise<void>;
  readonly remove: (path: string) => Promise<void>;
  readonly owner: (path: string) => Promise<Owner>;
};

/** Resolves with the exit code. A thrown FileProblem is printed to stderr and ends it with 1. */
export type MemoryProgram = (context: ProgramContext) => Promise<number> | number;
