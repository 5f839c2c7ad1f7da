import { throwIfCanceled, withDeadline } from "../../../../base/deadline.ts";
import { MoorageError } from "../../../../base/errors.ts";
import type { EngineRun, RunSpec } from "../../../engine.ts";
import { AttachedOutput } from "../attached-output.ts";
import { ContainerReply } from "../../api/replies.ts";
import { noDirectory } from "../../unit/start-unit.ts";
import { endMark, newSecret } from "../end-mark.ts";
import { rootOf } from "../exec.ts";
import type { ExecContext } from "../exec-context.ts";
import { execRun } from "../exec-run.ts";
import { startProcess, type StartedProcess } from "../processes.ts";
import { runHandle } from "../run-handle.ts";
import { watchRunMemory } from "../run-memory.ts";
import { CWD_LINE } from "../run-scripts.ts";
import { settledWithin } from "../settled-within.ts";
import type { TreeRoot } from "../tree-control.ts";
import type { HandOver } from "./hand-over.ts";
import { HELD_UP_S, SHELL_SCRIPT, UNDERSTOOD_LINE, UPTIME_LINE } from "./shell-script.ts";

const READY_MS = 20_000;
/** A run may be answered up to so long after it was handed over, rounded up to the next whole second. */
const BEGIN_WITHIN_S = 2;
/** Longer than any shell may take to begin. */
const UNDERSTAND_MS = (BEGIN_WITHIN_S + HELD_UP_S + 2) * 1000;

export type HandedOver = { readonly spec: RunSpec; readonly given: HandOver; readonly signal: AbortSignal | undefined };

/** A shell that waits in a sandbox for runs, and serves one after another. */
export class WarmShell {
  readonly #context: ExecContext;
  readonly #process: StartedProcess;
  readonly #root: TreeRoot;
  /** The container's time minus this process's, seconds; never too late, as telling it takes time. */
  readonly #ahead: number;
  #closed = false;

  static async start(context: ExecContext): Promise<WarmShell> {
    const { api, containerId } = context;
    const { subreaper } = await api.traits();
    const command = [...subreaper, "/bin/sh", "-c", SHELL_SCRIPT, "moorage"];
    const process = await startProcess(api, { containerId, command, stdin: true });
    const output = new AttachedOutput(process.socket, { lines: 2, end: endMark("start") });
    try {
      const told = Promise.all([output.firstLine, output.line(1), output.ended]);
      const [first, second] = await withDeadline(told, READY_MS, "Starting a shell ahead in the sandbox");
      const root = rootOf(first, undefined);
      const [, uptime] = UPTIME_LINE.exec(second ?? "") ?? [];
      if (root !== undefined && uptime !== undefined) return new WarmShell(context, { process, root, uptime });
      throw new MoorageError(
        "START_FAILED",
        `A shell ahead in the sandbox said "${(first ?? "nothing").slice(0, 200)}".`,
      );
    } catch (error) {
      process.socket.destroy();
      throw error;
    }
  }

  private constructor(
    context: ExecContext,
    { process, root, uptime }: { process: StartedProcess; root: TreeRoot; uptime: string },
  ) {
    this.#context = context;
    this.#process = process;
    this.#root = { ...root, shared: true };
    this.#ahead = Number(uptime) - performance.now() / 1000;
    process.socket.on("error", () => this.close()).resume();
  }

  /** Calls when the shell has ended, for whatever reason. */
  onEnd(ended: () => void): void {
    this.#process.socket.once("close", ended);
  }

  /** False once it can serve no run any more. */
  get open(): boolean {
    return !this.#closed && !this.#process.socket.destroyed;
  }

  /** Ends it; what it serves is not ended by that. */
  close(): void {
    this.#closed = true;
    this.#process.socket.destroy();
  }

  /**
   * Begins a run; undefined when nothing has begun for certain, or ever will. What may have begun is a run, whose exit
   * tells where its shell did not. A shell whose run has ended whole, by itself, may serve another: `open` tells.
   */
  async begin({ spec, given, signal }: HandedOver): Promise<EngineRun | undefined> {
    await spec.onHandle?.(runHandle({ root: this.#root, containerStartedAt: this.#context.containerStartedAt }));
    const memory = await watchRunMemory(this.#context, signal);
    if (!this.open) {
      memory[Symbol.dispose]();
      return undefined;
    }
    const secret = newSecret();
    const { socket } = this.#process;
    const output = new AttachedOutput(socket, { end: endMark(secret) });
    const until = Math.floor(this.#ahead + performance.now() / 1000) + BEGIN_WITHIN_S;
    const { kind, code, input } = given;
    socket.write(`${secret} ${until} ${kind} ${code}\n${input === undefined ? "" : `${input}\n`}`);
    const isAnswered = await settledWithin(output.firstLine, UNDERSTAND_MS);
    const answer = isAnswered ? await output.firstLine : undefined;
    // Whatever else the shell says, nothing has begun; and in a pause it is too late for that by now.
    if (answer === undefined ? !isAnswered && (await this.#isPaused()) : answer !== UNDERSTOOD_LINE) {
      memory[Symbol.dispose]();
      this.close();
      await output.close();
      throwIfCanceled(signal);
      if (answer === CWD_LINE) throw noDirectory(spec.cwd);
      return undefined;
    }
    this.#context.track(this.#context.containerId, output);
    return execRun(this.#context, {
      ...{ spec, process: this.#process, output, root: this.#root, memory, signal },
      streamed: kind === "stream" ? spec.stdin : undefined,
      unanswered: answer === undefined,
      onEnd: (waits) => void (waits && kind !== "stream" ? socket.resume() : this.close()),
    });
  }

  async #isPaused(): Promise<boolean> {
    const { api, containerId, logger } = this.#context;
    try {
      const request = { method: "GET", path: `/containers/${containerId}/json` } as const;
      return (await api.find(request, ContainerReply))?.State.Status === "paused";
    } catch (error) {
      // Then the run may have begun, and its exit tells what is wrong.
      logger.warn({ err: error }, "a sandbox whose shell does not answer cannot be looked at");
      return false;
    }
  }
}
