import { EXIT } from "../exit-codes.ts";
import type { Session } from "../invocation.ts";
import { genericView } from "../views/generic-view.ts";
import type { Asked } from "../views/view.ts";

/** One call of an operation: what was asked for, and what it answered. */
export type Answered = { readonly name: string; readonly input: Asked; readonly output: unknown };

/** Prints what an operation answered. Resolves to the exit code: an answer that says `ok: false` is a failure. */
export async function present({ name, input, output }: Answered, { globals, ui }: Session): Promise<number> {
  if (globals.json) {
    await ui.out(`${JSON.stringify(output)}\n`);
    return exitCode(output);
  }
  // Loaded late: views check answers by their contracts, whose schemas take most of a command's start to make.
  const { VIEWS } = await import("../views/views.ts");
  const shown = VIEWS[name]?.(output, ui.layout, input) ?? genericView(output, ui.layout);
  if (shown.out !== undefined) await ui.out(shown.out);
  if (shown.err !== undefined) await ui.err(shown.err);
  if (shown.warning !== undefined) await ui.warning(shown.warning);
  if (shown.success !== undefined) await ui.success(shown.success);
  const note = shown.note ?? nextPage(output);
  if (note !== undefined) await ui.note(note);
  return exitCode(output);
}

function exitCode(output: unknown): number {
  return fieldOf(output, "ok") === false ? EXIT.failed : EXIT.ok;
}

function nextPage(output: unknown): string | undefined {
  const cursor = fieldOf(output, "nextCursor");
  return typeof cursor === "string" ? `there is more: add --cursor ${cursor}` : undefined;
}

function fieldOf(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
