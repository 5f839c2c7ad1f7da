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
  /** On a terminal, one line that the next output replaces; elsewhere nothing. */
  readonly progress: (text: string) => Promise<void>;
  readonly flush: () => Promise<void>;
  /** Aborts when stdout or stderr can no longer be written. */
  readonly closed: AbortSignal;
};

const CLEAR_LINE = "\r\u001b[2K";

export function createUi(io: CliIo, color: boolean): Ui {
  const stdout = createSink(io.stdout, "stdout", io.signal);
  const stderr = createSink(io.stderr, "stderr", io.signal);
  const layout = { style: createStyle(color), width: io.isTerminal ? io.columns : Infinity };
  let progressShown = false;

  const clearProgress = async (): Promise<void> => {
    if (!progressShown) return;
    progressShown = false;
    await stderr.write(CLEAR_LINE);
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
    progress: async (text) => {
      if (!io.isTerminal) return;
      await clearProgress();
      progressShown = true;
      await stderr.write(layout.style.dim(truncate(`… ${printable(text)}`, layout.width - 1)));
    },
    flush: async () => {
      await clearProgress().catch(() => undefined);
      await Promise.all([stdout.flush(), stderr.flush()]);
    },
    closed: AbortSignal.any([stdout.closed, stderr.closed]),
  };
}
