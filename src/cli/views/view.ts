import type { z } from "zod";
import type { TableLayout } from "../output/table.ts";

/** What people see of an answer. */
export type Shown = {
  /** The result, on stdout: what a script would want. */
  readonly out?: string | Uint8Array;
  /** Bytes of a program's own stderr. */
  readonly err?: string | Uint8Array;
  /** That something was done, on stderr. */
  readonly success?: string;
  readonly note?: string;
};

/** Undefined where the answer is not of the shape that the view knows: a newer server's, for example. */
export type View = (output: unknown, layout: TableLayout) => Shown | undefined;

/** A view of answers of one contract. */
export function view<S extends z.ZodType>(schema: S, show: (output: z.output<S>, layout: TableLayout) => Shown): View {
  return (output, layout) => {
    const parsed = schema.safeParse(output);
    return parsed.success ? show(parsed.data, layout) : undefined;
  };
}
