import type { z } from "zod";
import type { CallOptions } from "./call-options.ts";
import type { Operation } from "./operation.ts";
import { operations, type Operations } from "./operations.ts";
import type { RawOperations } from "./raw.ts";

export type { CallOptions };

export type Method<O> =
  O extends Operation<"unary", infer Input, infer Output>
    ? (input: z.input<Input>, options?: CallOptions) => Promise<z.output<Output>>
    : O extends Operation<"stream", infer Input, infer Output>
      ? (input: z.input<Input>, options?: CallOptions) => AsyncIterable<z.output<Output>>
      : never;

/**
 * Everything that Moorage can do, for one principal. The domain implements it over an engine and a store; the SDK
 * implements it over HTTP; every door takes it. Rejects with MoorageError only.
 */
export type Platform = {
  readonly [Noun in keyof Operations]: {
    readonly [Verb in keyof Operations[Noun]]: Method<Operations[Noun][Verb]>;
  };
} & { readonly raw: RawOperations };

/** An operation of the table with its dotted name, such as `sandbox.create`. */
export type NamedOperation = {
  readonly name: string;
  readonly noun: string;
  readonly verb: string;
  readonly operation: Operation;
};

export function listOperations(): readonly NamedOperation[] {
  return Object.entries(operations).flatMap(([noun, verbs]) =>
    Object.entries<Operation>(verbs).map(([verb, operation]) => ({ name: `${noun}.${verb}`, noun, verb, operation })),
  );
}

export type UnaryMethod = (input: unknown, options?: CallOptions) => Promise<unknown>;
export type StreamMethod = (input: unknown, options?: CallOptions) => AsyncIterable<unknown>;

/** The platform's method for a row of the table. Its types are lost here, and only here: inputs are parsed by the row. */
export function methodOf(platform: object, named: NamedOperation): UnaryMethod & StreamMethod {
  const nouns = platform as Record<string, Record<string, UnaryMethod & StreamMethod>>;
  const method = nouns[named.noun]?.[named.verb];
  if (method === undefined) throw new TypeError(`The platform has no method ${named.name}.`);
  return method;
}
