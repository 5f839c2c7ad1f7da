import type { TerminalSize } from "../../engine.ts";

/** What of a terminal its programs can tell: its size, and how lines end on it. */
export type Terminal = {
  readonly size: () => TerminalSize;
  readonly resize: (size: TerminalSize) => Promise<void>;
  readonly onResize: (action: () => void) => void;
  readonly printed: (text: string | Uint8Array) => Buffer;
};

export function createTerminal(first: TerminalSize): Terminal {
  let size = first;
  const actions: (() => void)[] = [];
  return {
    size: () => size,
    resize: (next) => {
      size = next;
      for (const action of actions) action();
      return Promise.resolve();
    },
    onResize: (action) => void actions.push(action),
    printed: (text) => Buffer.from(Buffer.from(text).toString("latin1").replaceAll("\n", "\r\n"), "latin1"),
  };
}
