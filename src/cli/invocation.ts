import type { EngineName } from "../contracts/types.ts";
import type { CliHost, CliIo } from "./host.ts";
import type { Ui } from "./output/ui.ts";

/** A flag as the command line knows it; what its text means is for the command to say. */
export type OptionSpec = {
  /** Name without dashes. */
  readonly flag: string;
  readonly short?: string;
  /** What the value looks like in help, such as `size`; absent for a flag without one. */
  readonly takes?: string;
  /** True where the flag may be given more than once. @default false */
  readonly repeatable?: boolean;
  /** @default false */
  readonly required?: boolean;
  readonly description: string;
};

/** `name` as help shows it, such as `ID`. */
export type PositionalSpec = { readonly name: string; readonly required: boolean; readonly description: string };

/** One command: what it takes, and what it does. */
export type CliCommand = {
  /** Words after `moorage`. */
  readonly words: readonly string[];
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  readonly positionals: readonly PositionalSpec[];
  /** Present where all words after the positionals belong to a program, whatever they look like. */
  readonly rest?: { readonly required: boolean; readonly description: string };
  /** True where the exit code is the program's own. */
  readonly runs: boolean;
  /** What Ctrl-C means for what it was doing, and what to do next. @default what it had begun was ended too */
  readonly leaving?: (given: Given) => string;
  /** Further lines of its help. */
  readonly notes?: readonly string[];
  /** The exit code. */
  readonly execute: (given: Given, session: Session) => Promise<number>;
};

/** What was given on the command line, still text. */
export type Given = {
  /** By flag name; a flag without a value has no texts. */
  readonly options: ReadonlyMap<string, readonly string[]>;
  readonly positionals: readonly string[];
  readonly rest: readonly string[];
};

export type GlobalOptions = { readonly json: boolean; readonly engine?: EngineName };

/** What a command works with. */
export type Session = {
  readonly globals: GlobalOptions;
  readonly io: CliIo;
  readonly host: CliHost;
  readonly ui: Ui;
  /** Aborts on Ctrl-C, SIGTERM, and when nobody reads the output any more. */
  readonly signal: AbortSignal;
};
