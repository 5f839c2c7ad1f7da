import type { RawData, WebSocket } from "ws";
import { isMoorageError } from "../../base/errors.ts";
import type { Platform } from "../../contracts/platform.ts";
import { readTerminalControl, type TerminalControl } from "../../contracts/terminal.ts";

/** Bytes of one piece of input: what is held for a program fits several. */
const PIECE_BYTES = 64 * 1024;
/** So much may wait for the program; then no more is read from the client. */
const MOST_WAITING = 256 * 1024;
/** What a message costs beside its bytes. */
const MESSAGE_BYTES = 64;

type Typing = {
  readonly run: Pick<Platform["run"], "input" | "resize" | "signal">;
  readonly runId: string;
  readonly ended: AbortSignal;
  readonly fail: (error: unknown) => void;
};

/** Passes on what a client types and says, one after the other, as fast as the program takes it. */
export function typedInput(socket: WebSocket, typing: Typing): void {
  const { ended, fail } = typing;
  const input = new Input(typing);
  let queue = Promise.resolve();
  let waiting = 0;
  socket.on("message", (data, isBinary) => {
    const bytes = bytesOf(data);
    const cost = bytes.byteLength + MESSAGE_BYTES;
    waiting += cost;
    if (waiting > MOST_WAITING) socket.pause();
    const taken = async (): Promise<void> => {
      // A client that was told to go may go on sending for a while.
      if (ended.aborted) return;
      await (isBinary ? input.type(bytes) : input.control(readTerminalControl(bytes.toString())));
    };
    queue = queue
      .then(taken)
      .catch((error: unknown) => (hasEnded(error) ? undefined : fail(error)))
      .finally(() => {
        waiting -= cost;
        if (waiting <= MOST_WAITING) socket.resume();
      });
  });
  socket.on("error", fail);
}

class Input {
  readonly #typing: Typing;
  #offset = 0;

  constructor(typing: Typing) {
    this.#typing = typing;
  }

  async type(bytes: Buffer): Promise<void> {
    const { run, runId, ended } = this.#typing;
    for (let rest = bytes; rest.byteLength > 0;) {
      const data = rest.subarray(0, PIECE_BYTES).toString("base64");
      const input = { runId, offset: this.#offset, data, encoding: "base64" as const };
      const { nextOffset, closed } = await run.input(input, { signal: ended });
      if (closed) return;
      rest = rest.subarray(nextOffset - this.#offset);
      this.#offset = nextOffset;
    }
  }

  async control(control: TerminalControl): Promise<void> {
    const { run, runId, ended } = this.#typing;
    const options = { signal: ended };
    if (control.type === "resize") {
      await run.resize({ runId, columns: control.columns, rows: control.rows }, options);
    } else if (control.type === "signal") {
      await run.signal({ runId, signal: control.signal }, options);
    } else {
      await run.input({ runId, offset: this.#offset, data: "", close: true }, options);
    }
  }
}

/** A run tells its end by its result, not by what came too late for it. */
function hasEnded(error: unknown): boolean {
  return isMoorageError(error) && (error.code === "CONFLICT" || error.code === "CANCELED");
}

function bytesOf(data: RawData): Buffer {
  if (Buffer.isBuffer(data)) return data;
  return Array.isArray(data) ? Buffer.concat(data) : Buffer.from(data);
}
