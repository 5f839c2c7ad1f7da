import type { z } from "zod";

/** How one input field is spelled on the command line, where its own name and type do not say it. */
export type FlagBinding = {
  /** Name without dashes. @default the field's name in kebab-case */
  readonly flag?: string;
  /** Single letter. */
  readonly short?: string;
  /** How the text becomes the field's value. @default by the field's JSON Schema type */
  readonly parse?:
    | "bytes"
    | "duration"
    | "key-value"
    | "code-file"
    | "dockerfile"
    | "secret-file"
    | "host-directory"
    | "workspace"
    | "port"
    | "readiness"
    | "stdin"
    | "terminal";
  /** False for fields that are not offered as a flag. @default true */
  readonly offered?: boolean;
};

export type CliBinding = {
  /** Words after `moorage`, such as `sandbox create`. */
  readonly command: string;
  /** Input fields taken from positional arguments, in order. */
  readonly positionals?: readonly string[];
  /** The input field that takes everything after `--`, as it is. */
  readonly rest?: string;
  readonly flags?: Readonly<Record<string, FlagBinding>>;
  /** True where the exit code is the program's own (124 deadline, 125 Moorage failed). @default false */
  readonly runs?: boolean;
  /**
   * What Ctrl-C means here and what to do next; `{field}` is the input's. Each stream has one that is neither GET nor a
   * run.
   */
  readonly leaving?: string;
};

export type McpBinding = {
  readonly readOnly: boolean;
  readonly destructive: boolean;
  /** What an agent gets that does not say otherwise, where that is less than others get: its conversation is short. */
  readonly defaults?: Readonly<Record<string, unknown>>;
};

/**
 * One thing that Moorage can do, from which its HTTP route, CLI command, MCP tool, SDK method and documentation follow.
 *
 * `unary` operations answer once, with an object. `stream` operations yield events of one discriminated union
 * (`type`) and end; failures are thrown (in process) or sent as a last `{ type: "error", error }` line (HTTP).
 */
export type Operation<
  Kind extends "unary" | "stream" = "unary" | "stream",
  Input extends z.ZodType = z.ZodType,
  Output extends z.ZodType = z.ZodType,
> = {
  readonly kind: Kind;
  /** One sentence, imperative, at most 100 characters. */
  readonly summary: string;
  readonly http: {
    readonly method: "get" | "post" | "put" | "delete";
    readonly path: `/v1/${string}`;
    /** Of a stream whose items have ids: the input field by which it goes on behind one. */
    readonly resumeBy?: string;
  };
  readonly cli: CliBinding;
  /** Absent: not offered as an MCP tool. */
  readonly mcp?: McpBinding;
  /** Who may call it, where its scope does not say it: administrators alone, or whoever is known here. */
  readonly access?: "admin" | "anyone";
  /**
   * What stays of it in the chain of receipts, where it changes something: `change` a receipt of its own kind, `own`
   * one of what it began, `none` nothing, for what is no more than a keystroke. @default "change"
   */
  readonly record?: "change" | "own" | "none";
  /** Its answer holds a secret that is told once, or is of this moment, and so is kept for no idempotency key. */
  readonly secret?: true;
  /** A strict object: an unknown key is an error. */
  readonly input: Input;
  /** The answer of a unary operation, one event of a stream. */
  readonly output: Output;
};

type Details<I extends z.ZodType, O extends z.ZodType> = Omit<Operation<"unary", I, O>, "kind">;

export function unary<I extends z.ZodType, O extends z.ZodType>(details: Details<I, O>): Operation<"unary", I, O> {
  return { kind: "unary", ...details };
}

export function stream<I extends z.ZodType, O extends z.ZodType>(details: Details<I, O>): Operation<"stream", I, O> {
  return { kind: "stream", ...details };
}
