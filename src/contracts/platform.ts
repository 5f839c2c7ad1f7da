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
