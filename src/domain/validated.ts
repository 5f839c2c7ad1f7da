import type { z } from "zod";
import { MoorageError } from "../base/errors.ts";
import type { Operation } from "../contracts/operation.ts";
import type { Operations } from "../contracts/operations.ts";
import { buildPlatform } from "../contracts/build-platform.ts";
import { methodOf, type StreamMethod, type UnaryMethod } from "../contracts/method.ts";
import { listOperations, type CallOptions, type Platform } from "../contracts/platform.ts";

type ParsedMethod<O> =
  O extends Operation<"unary", infer Input, infer Output>
    ? (input: z.output<Input>, options: CallOptions) => Promise<z.output<Output>>
    : O extends Operation<"stream", infer Input, infer Output>
      ? (input: z.output<Input>, options: CallOptions) => AsyncIterable<z.output<Output>>
      : never;

/** The platform behind the door: its inputs have been parsed. */
export type ParsedPlatform = {
  readonly [Noun in keyof Operations]: {
    readonly [Verb in keyof Operations[Noun]]: ParsedMethod<Operations[Noun][Verb]>;
  };
} & Pick<Platform, "raw">;

/** The one place where inputs are parsed, so that callers in process and over HTTP are checked alike. */
export function validated(inner: ParsedPlatform): Platform {
  return buildPlatform(
    listOperations(),
    (named) => {
      const parse = (input: unknown): unknown => parseInput(named.name, named.operation.input, input);
      return checkedMethod(methodOf(inner, named), named.operation.kind, parse);
    },
    inner.raw,
  );
}

function checkedMethod(
  method: UnaryMethod & StreamMethod,
  kind: Operation["kind"],
  parse: (input: unknown) => unknown,
): UnaryMethod | StreamMethod {
  const unary: UnaryMethod = method;
  const stream: StreamMethod = method;
  if (kind === "unary") return async (input, options = {}) => unary(parse(input), options);
  return async function* (input, options = {}) {
    yield* stream(parse(input), options);
  };
}

/** The input as its schema reads it, or INVALID_INPUT that names each field, what was expected and what came. */
function parseInput<S extends z.ZodType>(operation: string, schema: S, input: unknown): z.output<S> {
  const parsed = schema.safeParse(input, { reportInput: true });
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.map(toldIssue);
  const told = issues.map(({ path, message, value }) => {
    const subject = path === "" ? "input" : path;
    return `${subject}: ${message}${value === undefined ? "" : ` (got ${value})`}`;
  });
  throw new MoorageError("INVALID_INPUT", `${operation}: ${told.join("; ")}.`, { details: { issues } });
}

type Issue = z.core.$ZodIssue;

function toldIssue(issue: Issue): { readonly path: string; readonly message: string; readonly value?: string } {
  const path = issue.path.map(String).join(".");
  // A record's key that is refused carries the reason inside.
  const inner = issue.code === "invalid_key" ? issue.issues[0] : undefined;
  const value = isPrivate(path) ? undefined : shown(issue.input);
  return { path, message: inner?.message ?? issue.message, ...(value === undefined ? {} : { value }) };
}

// These may be secrets, or long, or both; in a batch they are the jobs'.
function isPrivate(path: string): boolean {
  return /^(?:jobs\.\d+\.)?(?:env|stdin|content|code|data)\b/.test(path);
}

// Long values would flood the message, and objects hide where the problem is: only scalars are shown, and those cut.
function shown(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  if (typeof value !== "string") return undefined;
  return JSON.stringify(value.length > 80 ? `${value.slice(0, 80)}…` : value);
}
