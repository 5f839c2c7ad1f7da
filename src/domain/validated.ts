import type { z } from "zod";
import { MoorageError } from "../base/errors.ts";
import type { Operation } from "../contracts/operation.ts";
import type { Operations } from "../contracts/operations.ts";
import { buildPlatform } from "../contracts/build-platform.ts";
import { methodOf, type StreamMethod, type UnaryMethod } from "../contracts/method.ts";
import { listOperations, type CallOptions, type NamedOperation, type Platform } from "../contracts/platform.ts";
import type { RawOperations } from "../contracts/raw.ts";

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

/** Each throws where the caller may not do it. */
export type Rights = {
  readonly row: (named: NamedOperation) => void;
  readonly raw: (method: keyof RawOperations) => void;
};

/** The one place where rights are asked for and inputs parsed, so that callers of every door are checked alike. */
export function validated(inner: ParsedPlatform, rights: Rights): Platform {
  return buildPlatform(
    listOperations(),
    (named) => {
      const check = (input: unknown): unknown => {
        rights.row(named);
        return parseInput(named.name, named.operation.input, input);
      };
      return checkedMethod(methodOf(inner, named), named.operation.kind, check);
    },
    checkedRaw(inner.raw, rights.raw),
  );
}

function checkedRaw(raw: RawOperations, check: Rights["raw"]): RawOperations {
  return {
    download: async function* (...given) {
      check("download");
      yield* raw.download(...given);
    },
    upload: async (...given) => {
      check("upload");
      await raw.upload(...given);
    },
    read: async (...given) => {
      check("read");
      return raw.read(...given);
    },
    write: async (...given) => {
      check("write");
      return raw.write(...given);
    },
    stage: async (...given) => {
      check("stage");
      return raw.stage(...given);
    },
    exportImage: async function* (...given) {
      check("exportImage");
      yield* raw.exportImage(...given);
    },
    importImage: async (...given) => {
      check("importImage");
      return raw.importImage(...given);
    },
  };
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

/** An input of more values than this is refused unread: a schema tells of each value that is wrong, and keeps it all. */
const MAX_VALUES = 100_000;
const MOST_TOLD = 10;
const MAX_TOLD_CHARACTERS = 300;
const MAX_SHOWN_CHARACTERS = 80;

/** The input as its schema reads it, or INVALID_INPUT that names each field, what was expected and what came. */
function parseInput<S extends z.ZodType>(operation: string, schema: S, input: unknown): z.output<S> {
  if (hasMoreValues(input, MAX_VALUES)) {
    const message = `${operation}: expected an input of at most ${MAX_VALUES} values in all, got more.`;
    throw new MoorageError("INVALID_INPUT", message, { hint: "Send less at a time, or pass large data by a file." });
  }
  const parsed = schema.safeParse(input, { reportInput: true });
  if (parsed.success) return parsed.data;
  const issues = parsed.error.issues.slice(0, MOST_TOLD).map(toldIssue);
  const moreIssues = parsed.error.issues.length - issues.length;
  const told = issues.map(({ path, message, value }) => {
    const subject = path === "" ? "input" : path;
    return `${subject}: ${message}${value === undefined ? "" : ` (got ${value})`}`;
  });
  const more = moreIssues === 0 ? [] : [`and ${moreIssues} more like these`];
  throw new MoorageError("INVALID_INPUT", `${operation}: ${[...told, ...more].join("; ")}.`, {
    details: { issues, ...(moreIssues === 0 ? {} : { moreIssues }) },
  });
}

/** Counts what lists and objects hold, at any depth, no further than it has to. */
function hasMoreValues(input: unknown, most: number): boolean {
  const open = [input];
  let count = 0;
  for (let value = open.pop(); value !== undefined; value = open.pop()) {
    const inside: unknown[] = Array.isArray(value) ? value : Object.values(value ?? {});
    count += inside.length;
    if (count > most) return true;
    for (const each of inside) if (typeof each === "object" && each !== null) open.push(each);
  }
  return false;
}

type Issue = z.core.$ZodIssue;

function toldIssue(issue: Issue): { readonly path: string; readonly message: string; readonly value?: string } {
  const path = cut(issue.path.map(String).join("."), MAX_TOLD_CHARACTERS);
  // A record's key that is refused carries the reason inside.
  const inner = issue.code === "invalid_key" ? issue.issues[0] : undefined;
  const value = isPrivate(path) ? undefined : shown(issue.input);
  const message = cut(expectation(inner ?? issue), MAX_TOLD_CHARACTERS);
  return { path, message, ...(value === undefined ? {} : { value }) };
}

// What the schema's library says of a choice is in its own manner; ours says what to write.
function expectation(issue: Issue): string {
  if (issue.code !== "invalid_value") return issue.message;
  const values = issue.values.map(String).join(", ");
  return issue.values.length === 1 ? `expected ${values}` : `expected one of ${values}`;
}

// These may be secrets, or long, or both; in a batch they are the jobs'.
function isPrivate(path: string): boolean {
  return /^(?:jobs\.\d+\.)?(?:env|stdin|content|code|data|files|git|dockerfile|buildArgs)\b/.test(path);
}

// Long values would flood the message, and objects hide where the problem is: only scalars are shown, and those cut.
function shown(value: unknown): string | undefined {
  if (typeof value === "number" || typeof value === "boolean" || value === null) return String(value);
  if (typeof value !== "string") return undefined;
  return JSON.stringify(cut(value, MAX_SHOWN_CHARACTERS));
}

function cut(text: string, characters: number): string {
  return text.length > characters ? `${text.slice(0, characters)}…` : text;
}
