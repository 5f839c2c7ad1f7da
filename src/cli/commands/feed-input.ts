import { isMoorageError } from "../../base/errors.ts";
import type { Platform } from "../../contracts/platform.ts";
import type { Session } from "../invocation.ts";
import { DetachKeys } from "./detach-keys.ts";

/** Bytes of one request: it fits well into what the server holds for the program. */
const PIECE_BYTES = 64 * 1024;

export type RunControl = Pick<Platform["run"], "input" | "detach" | "resize">;

type Feeding = {
  readonly run: RunControl;
  readonly runId: string;
  /** Aborts when the run has ended: then nobody reads any more. */
  readonly ended: AbortSignal;
  /** True where somebody types: Ctrl-P Ctrl-Q leaves the run. */
  readonly typed: boolean;
  /** True: where nothing comes at all, the input stays open for others. @default false */
  readonly mayStayOpen?: boolean;
};

/** Passes stdin on to a run as it comes, and its end. A run that ends first leaves the rest unread. */
export async function feedInput(feeding: Feeding, session: Session): Promise<void> {
  const { run, runId, ended, typed, mayStayOpen = false } = feeding;
  const { stdin } = session.io;
  const leave = (): void => void stdin.destroy();
  ended.addEventListener("abort", leave, { once: true });
  const keys = typed ? new DetachKeys() : undefined;
  let offset = 0;
  try {
    for await (const chunk of stdin as AsyncIterable<Uint8Array | string>) {
      const bytes = Buffer.from(chunk);
      const { passed, detached } = keys?.next(bytes) ?? { passed: bytes, detached: false };
      for (let rest = Buffer.from(passed); rest.length > 0;) {
        const data = rest.subarray(0, PIECE_BYTES).toString("base64");
        const taken = await run.input({ runId, offset, data, encoding: "base64" }, { signal: ended });
        if (taken.closed) return;
        rest = rest.subarray(taken.nextOffset - offset);
        offset = taken.nextOffset;
      }
      if (detached && (await detach(feeding, session))) return;
    }
    if (offset === 0 && mayStayOpen) return;
    await run.input({ runId, offset, data: "", close: true }, { signal: ended });
  } catch (error) {
    if (!ended.aborted && !hasEnded(error)) throw error;
  } finally {
    ended.removeEventListener("abort", leave);
    leave();
  }
}

/** False where nobody else could keep the run: then it goes on as it was. */
async function detach({ run, runId }: Feeding, { ui, io }: Session): Promise<boolean> {
  try {
    await run.detach({ runId });
    return true;
  } catch (error) {
    if (!isMoorageError(error) || error.code !== "SERVER_UNREACHABLE") throw error;
    io.terminal?.setRaw(false);
    await ui.warning(error.message);
    io.terminal?.setRaw(true);
    return false;
  }
}

/** The run's end is told by its result, not by what could no longer be sent. */
function hasEnded(error: unknown): boolean {
  return isMoorageError(error) && error.code === "CONFLICT";
}
