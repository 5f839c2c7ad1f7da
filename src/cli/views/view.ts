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
  /** That it came otherwise than one would expect. */
  readonly warning?: string;
  /** How far it is: a line that the next output replaces, on a terminal only. */
  readonly progress?: string;
};

/** What was asked for: an empty list means another thing where a filter was given. */
export type Asked = Readonly<Record<string, unknown>>;

/** Undefined where the answer is not of the shape that the view knows: a newer server's, for example. */
export type View = (output: unknown, layout: TableLayout, asked: Asked) => Shown | undefined;

/** A view of answers of one contract. */
export function view<S extends z.ZodType>(
  schema: S,
  show: (output: z.output<S>, layout: TableLayout, asked: Asked) => Shown,
): View {
  return (output, layout, asked) => {
    const parsed = schema.safeParse(output);
    return parsed.success ? show(parsed.data, layout, asked) : undefined;
  };
}

/** What people see of one event of a stream; undefined as of a view. */
export type EventView = (event: unknown) => Shown | undefined;

/** A view of events of one contract. */
export function eventView<S extends z.ZodType>(schema: S, show: (event: z.output<S>) => Shown): EventView {
  return (event) => {
    const parsed = schema.safeParse(event);
    return parsed.success ? show(parsed.data) : undefined;
  };
}

/** True where one of these fields chooses among all that there is. */
export function isFiltered(asked: Asked, filters: readonly string[]): boolean {
  return filters.some((name) => asked[name] !== undefined);
}
