import { MoorageError } from "../../base/errors.ts";
import { buildPlatform } from "../../contracts/build-platform.ts";
import type { StreamMethod, UnaryMethod } from "../../contracts/method.ts";
import { listOperations, type CallOptions, type NamedOperation } from "../../contracts/platform.ts";
import type { RawOperations } from "../../contracts/raw.ts";
import type { CliHost, OpenOptions } from "../host.ts";

/** What an operation does in a test: an answer, or the events of a stream. */
export type Answer = (input: unknown, options: CallOptions) => unknown;

export type TestHost = {
  readonly host: Pick<CliHost, "openPlatform">;
  readonly calls: { readonly name: string; readonly input: unknown }[];
  readonly opened: OpenOptions[];
  readonly closed: () => boolean;
};

/** A host with a platform that checks its inputs, keeps what it was asked for, and does what a test says. */
export function hostWith(answers: Readonly<Record<string, Answer>>, raw: Partial<RawOperations> = {}): TestHost {
  const calls: { name: string; input: unknown }[] = [];
  const opened: OpenOptions[] = [];
  let closed = false;
  const methodFor = (named: NamedOperation): UnaryMethod | StreamMethod => {
    const run = (input: unknown, options: CallOptions = {}): unknown => {
      calls.push({ name: named.name, input });
      check(named, input);
      return answers[named.name]?.(input, options);
    };
    if (named.operation.kind === "unary") return async (input, options) => run(input, options);
    return async function* (input, options) {
      const events = run(input, options);
      if (isIterable(events)) yield* events;
    };
  };
  const unexpected = (): never => {
    throw new Error("This test does not expect raw operations.");
  };
  const platform = buildPlatform(listOperations(), methodFor, {
    ...{ download: unexpected, upload: unexpected, read: unexpected, write: unexpected, stage: unexpected },
    ...{ exportImage: unexpected, importImage: unexpected },
    ...raw,
  });
  const dispose = async (): Promise<void> => {
    closed = true;
  };
  const openPlatform: CliHost["openPlatform"] = async (options) => {
    opened.push(options);
    return Object.assign(platform, { [Symbol.asyncDispose]: dispose });
  };
  return { host: { openPlatform }, calls, opened, closed: () => closed };
}

function check(named: NamedOperation, input: unknown): void {
  const parsed = named.operation.input.safeParse(input, { reportInput: true });
  if (parsed.success) return;
  const issues = parsed.error.issues.map(({ path, message, ...issue }) => ({
    path: path.map(String).join("."),
    message,
    ...("input" in issue && typeof issue.input !== "object" ? { value: JSON.stringify(issue.input) } : {}),
  }));
  const told = issues.map(
    ({ path, message, value }) => `${path}: ${message}${value === undefined ? "" : ` (got ${value})`}`,
  );
  throw new MoorageError("INVALID_INPUT", `${named.name}: ${told.join("; ")}.`, { details: { issues } });
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}
