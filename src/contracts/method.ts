import type { CallOptions } from "./call-options.ts";

/** Which method of a platform an operation is: `sandbox` and `create`, of the name `sandbox.create`. */
export type OperationName = { readonly name: string; readonly noun: string; readonly verb: string };

export type UnaryMethod = (input: unknown, options?: CallOptions) => Promise<unknown>;
export type StreamMethod = (input: unknown, options?: CallOptions) => AsyncIterable<unknown>;

/** The platform's method for a row of the table. Its types are lost here, and only here: inputs are parsed by the row. */
export function methodOf(platform: object, named: OperationName): UnaryMethod & StreamMethod {
  const nouns = platform as Record<string, Record<string, UnaryMethod & StreamMethod>>;
  const method = nouns[named.noun]?.[named.verb];
  if (method === undefined) throw new TypeError(`The platform has no method ${named.name}.`);
  return method;
}
