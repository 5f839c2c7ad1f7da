import { inputFields, type InputField } from "./json-schema.ts";
import type { OperationName } from "./method.ts";
import type { Operation } from "./operation.ts";
import { listOperations } from "./platform.ts";

/** A row of the operations table without its schemas: what a door needs that sends inputs on and shows answers. */
export type OutlinedOperation = OperationName &
  Pick<Operation, "kind" | "summary" | "http" | "cli" | "secret"> & {
    /** The fields of its input, in the order of the contract. */
    readonly fields: readonly InputField[];
  };

/**
 * The table in outline, as plain data. The build writes it out as such, because making the schemas is most of the time
 * that a command takes to start; from source the fields are made out for the rows that are asked for.
 */
export const OUTLINE: readonly OutlinedOperation[] = listOperations().map(({ name, noun, verb, operation }) => {
  const { kind, summary, http, cli, secret } = operation;
  let known: readonly InputField[] | undefined;
  return {
    ...{ name, noun, verb, kind, summary, http, cli, ...(secret === undefined ? {} : { secret }) },
    get fields() {
      return (known ??= inputFields(operation));
    },
  };
});
