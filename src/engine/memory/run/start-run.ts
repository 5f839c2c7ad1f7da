import { setImmediate as nextTurn } from "node:timers/promises";
import type { Clock } from "../../../base/clock.ts";
import { sleep } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import { Once } from "../../../base/once.ts";
import type { EngineRun, OutputChunk, RunSignal, RunSpec, StoppingUnit } from "../../engine.ts";
import { createChannel } from "./channel.ts";
import { stdinChunks } from "../../stdin-chunks.ts";
import { FileProblem, type Owner } from "../file/file-store.ts";
import { stopUnit, type MemoryUnit } from "../memory-host.ts";
import { programFiles } from "./program-files.ts";
import type { MemoryProgram, ProgramContext } from "./program.ts";
import { createRunState, PIPE_BYTES, type RunState } from "./run-state.ts";
import { createTerminal, type Terminal } from "./terminal.ts";

const LAST_OUTPUT_BYTES = 64 * 1024;

type Start = {
  readonly unit: MemoryUnit;
  readonly user: Owner;
  readonly spec: RunSpec;
  readonly program: MemoryProgram;
  readonly clock: Clock;
  /** The unit's main process: of a job, and of a sandbox with a program of its own. Its end is the unit's. */
  readonly main: boolean;
};

/** Thrown into a program that goes on after its run has ended. */
class RunEnded extends Error {}

/** Starts a program in a unit: the only run of a job, or one of many of a sandbox. */
export function startRun({ unit, user, spec, program, clock, main }: Start): EngineRun {
  const state = createRunState(unit, clock, main);
  const input = createChannel<Uint8Array>(PIPE_BYTES);
  const terminal = spec.tty === undefined ? undefined : createTerminal(spec.tty);
  void feed(spec.stdin, input.push, state).finally(input.close);
  void execute(program, createContext({ unit, user, spec, state, terminal, stdin: input.items, main }), state);
  const signal = async (name: RunSignal): Promise<void> => {
    await nextTurn();
    state.signal(name);
  };
  return {
    handle: state.handle,
    output: output(state),
    exit: state.exit,
    terminate: () => signal("TERM"),
    signal,
    ...(terminal === undefined ? {} : { resize: terminal.resize }),
    kill: async () => {
      await nextTurn();
      const stopped = await stopStubborn(unit, spec, clock);
      state.end({ exitCode: 137, signal: "SIGKILL" });
      if (unit.kind === "job") stopUnit(unit, clock.now());
      return { unitStopped: stopped || unit.kind === "job" };
    },
  };
}

/** Whether ending a run of it took stopping the unit. */
export async function stopStubborn(unit: MemoryUnit, { aroundStop }: StoppingUnit, clock: Clock): Promise<boolean> {
  if (!unit.stubborn) return false;
  const stop = (): Promise<void> => Promise.try(stopUnit, unit, clock.now());
  await (aroundStop === undefined ? stop() : aroundStop(stop));
  return true;
}

// A program's input is read ahead, as a pipe does, and its source is closed when the program ends.
async function feed(
  stdin: RunSpec["stdin"],
  push: (data: Uint8Array) => Promise<void>,
  state: RunState,
): Promise<void> {
  if (stdin === undefined) return;
  const ended = new Once(Promise.allSettled([state.exit]).then(() => undefined));
  const source = stdinChunks(stdin)[Symbol.asyncIterator]();
  try {
    for (;;) {
      const item = await ended.or(source.next());
      if (item === undefined || item.done === true) break;
      await ended.or(push(item.value));
    }
  } catch (error) {
    state.fail(new MoorageError("ENGINE_FAILED", "The input of a run could not be read.", { cause: error }));
  }
  // Not awaited: a source that waits for its own next item answers only after that.
  Promise.resolve(source.return?.()).catch(() => undefined);
}

async function execute(program: MemoryProgram, context: ProgramContext, state: RunState): Promise<void> {
  const name = context.argv[0] ?? "";
  try {
    const exitCode = await program(context);
    await state.going();
    state.end({ exitCode, signal: null });
  } catch (error) {
    if (state.ended()) return;
    if (error instanceof FileProblem) {
      await Promise.allSettled([context.stderr(`${name}: ${error.message}\n`)]);
      return state.end({ exitCode: 1, signal: null });
    }
    const message = `The program ${name} of the memory engine threw an error.`;
    state.fail(new MoorageError("ENGINE_FAILED", message, { cause: error }));
  }
}

async function* output(state: RunState): AsyncGenerator<OutputChunk> {
  for await (const { stream, data } of state.printed.items) yield { stream, data };
}

type Parts = {
  readonly unit: MemoryUnit;
  readonly user: Owner;
  readonly spec: RunSpec;
  readonly state: RunState;
  readonly terminal: Terminal | undefined;
  readonly stdin: AsyncIterable<Uint8Array>;
  readonly main: boolean;
};

function createContext({ unit, user, spec, state, terminal, stdin, main }: Parts): ProgramContext {
  const alive = (): void => {
    if (state.tree.aborted) throw new RunEnded();
  };
  const print = (stream: OutputChunk["stream"]) => async (text: string | Uint8Array) => {
    await state.going();
    alive();
    const data = Uint8Array.from(terminal === undefined ? Buffer.from(text) : terminal.printed(text));
    if (data.byteLength === 0) return;
    if (main) keep(unit, { stream, data });
    await state.printed.push({ stream, data, byteLength: data.byteLength });
    alive();
  };
  return {
    argv: spec.command,
    env: { ...unit.env, ...spec.env },
    cwd: spec.cwd,
    user,
    stdin,
    stdout: print("stdout"),
    stderr: print(terminal === undefined ? "stderr" : "stdout"),
    files: programFiles(unit, { user, cwd: spec.cwd, alive }),
    sleep: async (ms) => {
      await sleep(ms, state.tree);
      await state.going();
      alive();
    },
    trap: state.trap,
    terminal: () => terminal?.size(),
    onResize: (action) => terminal?.onResize(action),
    closeOutput: state.printed.close,
    end: state.end,
    allocate: (bytes) => {
      state.allocate(bytes);
      alive();
    },
    listening: (port, address) => {
      alive();
      unit.ports.set(port, address);
      state.tree.addEventListener("abort", () => unit.ports.delete(port), { once: true });
    },
    peer: unit.peer,
    // What a child in the background throws ends that child alone.
    spawn: (work) => void work().catch(() => undefined),
    signal: state.tree,
  };
}

function keep(unit: MemoryUnit, chunk: OutputChunk): void {
  const { lastOutput: last } = unit;
  last.push(chunk);
  let bytes = last.reduce((sum, { data }) => sum + data.byteLength, 0);
  while (bytes > LAST_OUTPUT_BYTES && last.length > 1) {
    bytes -= last.shift()?.data.byteLength ?? 0;
    unit.dropped += 1;
  }
}
