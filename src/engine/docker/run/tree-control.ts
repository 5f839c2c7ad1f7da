import { MoorageError } from "../../../base/errors.ts";
import { Once } from "../../../base/once.ts";
import type { RunSignal } from "../../engine.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { AttachedOutput } from "./attached-output.ts";
import { startProcess, type StartedProcess } from "./processes.ts";
import { TREE_SCRIPT } from "./tree-script.ts";

const ANSWER_MS = 2_000;

export type TreeCommand =
  | "term"
  | "count"
  | "root"
  | "continue"
  | "kill"
  | `signal ${RunSignal}`
  | `program ${RunSignal}`;

/** The processes that a run's tree is below: pids inside the container. */
export type TreeRoot = {
  readonly pid: string;
  /** When the root started, in the kernel's ticks. */
  readonly start: string;
  readonly keeper: string;
  /** True where root and keeper outlive the run, for another one. */
  readonly shared: boolean;
  /** Whom the run belongs to, where that is not the unit's user. */
  readonly user: string | undefined;
};

/** The engine does its part, and the shell inside does not: it gets no processor, no memory, or is none. */
export class UnansweredError extends MoorageError {}

/** A shell inside the sandbox that looks at and ends one process tree, one command at a time. */
export class TreeControl implements Disposable {
  readonly #process: StartedProcess;
  readonly #answers: AsyncIterator<string>;

  static async open(api: EngineApi, containerId: string, root: TreeRoot): Promise<TreeControl> {
    const command = ["/bin/sh", "-c", TREE_SCRIPT, "moorage", root.pid, root.start, root.keeper];
    const control = new TreeControl(await startProcess(api, { containerId, command, stdin: true, user: root.user }));
    try {
      await control.#answer("ready");
      return control;
    } catch (error) {
      control[Symbol.dispose]();
      throw error;
    }
  }

  private constructor(process: StartedProcess) {
    this.#process = process;
    this.#answers = lines(new AttachedOutput(process.socket));
  }

  /** How many processes of the run live. */
  async ask(command: TreeCommand): Promise<number> {
    this.#process.socket.write(`${command}\n`);
    return Number(await this.#answer(command));
  }

  /** Without it the shell continues the root and ends. */
  [Symbol.dispose](): void {
    this.#process.socket.destroy();
  }

  async #answer(what: string): Promise<string> {
    const next = new Once(this.#answers.next());
    if (!(await next.within(ANSWER_MS))) {
      const message = `The answer to "${what}" in the sandbox did not come within ${ANSWER_MS} ms.`;
      throw new UnansweredError("ENGINE_TIMEOUT", message, { details: { timeoutMs: ANSWER_MS } });
    }
    const answer = await next.promise;
    const line = answer.done === true ? "nothing" : answer.value;
    if (/^(?:ready|\d+)$/.test(line)) return line;
    const message = `The shell in the sandbox that ends a run answered "${line.slice(0, 200)}".`;
    throw new UnansweredError("ENGINE_FAILED", message);
  }
}

async function* lines(output: AttachedOutput): AsyncGenerator<string, void, undefined> {
  const first = await output.firstLine;
  if (first !== undefined) yield first;
  let rest = "";
  for await (const chunk of output.chunks) {
    rest += Buffer.from(chunk.data).toString();
    const complete = rest.split("\n");
    rest = (complete.pop() ?? "").slice(-1024);
    yield* complete;
  }
  if (rest !== "") yield rest;
}
