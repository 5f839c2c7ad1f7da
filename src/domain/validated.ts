import type { z } from "zod";
import { canceled } from "../base/deadline.ts";
import { MoorageError } from "../base/errors.ts";
import type { Operation } from "../contracts/operation.ts";
import type { Operations } from "../contracts/operations.ts";
import { buildPlatform } from "../contracts/build-platform.ts";
import { methodOf, type StreamMethod, type UnaryMethod } from "../contracts/method.ts";
import { listOperations, type CallOptions, type NamedOperation, type Platform } from "../contracts/platform.ts";
import type { RawOperations } from "../contracts/raw.ts";
import type { KeyedCall } from "./access/open-calls.ts";
import { isRead } from "./access/rights.ts";

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

/** How an operation ended: with what it answered last, or with what was thrown. */
export type Outcome = { readonly answer: unknown } | { readonly thrown: unknown };

/** What is asked for and noted around each operation; `raw` is about those that carry bytes. */
export type Guard<Of> = {
  /** Throws where the caller may not do it. */
  readonly admit: (of: Of) => void;
  /** Called when it begins; what it answers is called at its end, and never throws. Undefined: nothing is noted. */
  readonly witness: (of: Of, input: unknown) => ((outcome: Outcome) => Promise<void>) | undefined;
};

type RowGuard = Guard<NamedOperation> & {
  /** The answer to a call with a key: that of the work, which is done unless it was already. */
  readonly once: (call: KeyedCall, work: (signal: AbortSignal) => Promise<unknown>) => Promise<unknown>;
};

export type Guards = { readonly row: RowGuard; readonly raw: Guard<keyof RawOperations> };

/** The one place where rights are asked for and inputs parsed, so that callers of every door are checked alike. */
export function validated(inner: ParsedPlatform, guards: Guards): Platform {
  return buildPlatform(
    listOperations(),
    (named) => guardedMethod(inner, named, guards.row),
    guardedRaw(inner.raw, guards.raw),
  );
}

function guardedMethod(inner: ParsedPlatform, named: NamedOperation, guard: RowGuard): UnaryMethod | StreamMethod {
  const unary: UnaryMethod = methodOf(inner, named);
  const stream: StreamMethod = methodOf(inner, named);
  const { name, operation } = named;
  const admitted = (input: unknown): unknown => {
    guard.admit(named);
    return parseInput(name, operation.input, input);
  };
  if (operation.kind === "unary") {
    const call: UnaryMethod = (input, options = {}) =>
      witnessed(guard.witness(named, input), async () => unary(admitted(input), options));
    return isRead(operation) ? call : keyedMethod({ call, admitted, named, guard });
  }
  return (input, options = {}) =>
    watched(guard.witness(named, input), async function* () {
      if (options.idempotencyKey !== undefined && !isRead(operation)) throw takesNoKey(name, "answers with a stream");
      yield* stream(admitted(input), options);
    });
}

type Keyed = {
  readonly call: UnaryMethod;
  readonly admitted: (input: unknown) => unknown;
  readonly named: NamedOperation;
  readonly guard: RowGuard;
};

function keyedMethod({ call, admitted, named: { name, operation }, guard }: Keyed): UnaryMethod {
  return async (given, options = {}) => {
    const { idempotencyKey: key, signal, onReplayed } = options;
    if (key === undefined) return call(given, options);
    if (operation.secret === true) throw takesNoKey(name, "answers with what is not kept");
    let input: unknown;
    try {
      input = admitted(given);
    } catch {
      // It is refused again, and noted as every refusal is.
      return call(given, options);
    }
    const keyed = { operation: name, input, key, signal, onReplayed };
    return guard.once(keyed, (held) => call(given, { ...options, signal: held }));
  };
}

function takesNoKey(operation: string, reason: string): MoorageError {
  return new MoorageError("INVALID_INPUT", `idempotency-key: ${operation} takes none, for it ${reason}.`, {
    hint: "Leave the header out, and look what is there before it is sent again.",
  });
}

type Witness = ReturnType<Guard<unknown>["witness"]>;

async function witnessed<T>(witness: Witness, work: () => Promise<T>): Promise<T> {
  if (witness === undefined) return work();
  let answer: T;
  try {
    answer = await work();
  } catch (error) {
    await witness({ thrown: error });
    throw error;
  }
  await witness({ answer });
  return answer;
}

async function* watched<T>(witness: Witness, work: () => AsyncIterable<T>): AsyncGenerator<T> {
  if (witness === undefined) {
    yield* work();
    return;
  }
  // What its reader leaves is given up.
  let outcome: Outcome = { thrown: canceled() };
  let answer: unknown;
  try {
    for await (const item of work()) {
      answer = item;
      yield item;
    }
    outcome = { answer };
  } catch (error) {
    outcome = { thrown: error };
    throw error;
  } finally {
    await witness(outcome);
  }
}

function guardedRaw(raw: RawOperations, { admit, witness }: Guard<keyof RawOperations>): RawOperations {
  const once = <T>(of: keyof RawOperations, input: unknown, work: () => Promise<T>): Promise<T> =>
    witnessed(witness(of, input), async () => {
      admit(of);
      return work();
    });
  return {
    download: async function* (...given) {
      admit("download");
      yield* raw.download(...given);
    },
    exportImage: async function* (...given) {
      admit("exportImage");
      yield* raw.exportImage(...given);
    },
    upload: (...given) => once("upload", given[0], () => raw.upload(...given)),
    read: (...given) => once("read", given[0], () => raw.read(...given)),
    write: (...given) => once("write", given[0], () => raw.write(...given)),
    stage: (...given) => once("stage", given[0], () => raw.stage(...given)),
    importImage: (...given) => once("importImage", given[0], () => raw.importImage(...given)),
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
  return /^(?:jobs\.\d+\.)?(?:env|stdin|content|code|data|files|git|dockerfile|buildArgs|token)\b/.test(path);
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
