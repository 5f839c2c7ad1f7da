import type { CliIo } from "../host.ts";
import { errorLines, noteLine, successLine, warningLine } from "./message.ts";
import { createSink } from "./sink.ts";
import { createStyle } from "./style.ts";
import type { TableLayout } from "./table.ts";
import { printable, truncate } from "./text.ts";

/** Everything that a command says. stdout belongs to results; all else goes to stderr. */
export type Ui = {
  /** For views: style, and the width of the terminal; endless where no terminal shows the output. */
  readonly layout: TableLayout;
  readonly out: (data: string | Uint8Array) => Promise<void>;
  /** Raw, for what a program prints. */
  readonly err: (data: string | Uint8Array) => Promise<void>;
  readonly success: (text: string) => Promise<void>;
  readonly note: (text: string) => Promise<void>;
  readonly warning: (text: string) => Promise<void>;
  readonly error: (text: string, hint?: string) => Promise<void>;
  /** On a terminal, lines that the next output replaces; elsewhere nothing. */
  readonly progress: (...lines: readonly string[]) => Promise<void>;
  readonly flush: () => Promise<void>;
  /** Aborts when stdout or stderr can no longer be written. */
  readonly closed: AbortSignal;
};

const CLEAR_LINE = "\r\u001b[2K";
const CLEAR_LINE_ABOVE = "\u001b[1A\u001b[2K";

export function createUi(io: CliIo, color: boolean): Ui {
  const stdout = createSink(io.stdout, "stdout", io.signal);
  const stderr = createSink(io.stderr, "stderr", io.signal);
  const layout = { style: createStyle(color), width: io.isTerminal ? io.columns : Infinity };
  let linesShown = 0;

  const clearProgress = async (): Promise<void> => {
    if (linesShown === 0) return;
    const above = CLEAR_LINE_ABOVE.repeat(linesShown - 1);
    linesShown = 0;
    await stderr.write(CLEAR_LINE + above);
  };
  const err = async (data: string | Uint8Array): Promise<void> => {
    await clearProgress();
    await stderr.write(data);
  };
  return {
    layout,
    out: async (data) => {
      await clearProgress();
      await stdout.write(data);
    },
    err,
    success: (text) => err(successLine(text, layout)),
    note: (text) => err(noteLine(text, layout)),
    warning: (text) => err(warningLine(text, layout)),
    error: (text, hint) => err(errorLines(text, hint, layout)),
    progress: async (...lines) => {
      if (!io.isTerminal) return;
      await clearProgress();
      linesShown = lines.length;
      const shown = lines.map((line) => layout.style.dim(truncate(`… ${printable(line)}`, layout.width - 1)));
      await stderr.write(shown.join("\n"));
    },
    flush: async () => {
      await clearProgress().catch(() => undefined);
      await Promise.all([stdout.flush(), stderr.flush()]);
    },
    closed: AbortSignal.any([stdout.closed, stderr.closed]),
  };
}
