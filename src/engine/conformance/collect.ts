import { setImmediate as nextTurn } from "node:timers/promises";
import { isMoorageError, type MoorageError } from "../../base/errors.ts";
import type { EngineRun, OutputChunk, RunExit } from "../engine.ts";
import { soon } from "./fixture.ts";

export type Collected = {
  readonly stdout: Buffer;
  readonly stderr: Buffer;
  /** stdout as text. */
  readonly out: string;
  readonly err: string;
  readonly exit: RunExit;
};

/** The whole output and the end of a run that prints little. */
export async function collect(run: EngineRun, ms = 20_000): Promise<Collected> {
  const chunks: OutputChunk[] = [];
  const read = async (): Promise<RunExit> => {
    for await (const chunk of run.output) chunks.push(chunk);
    return run.exit;
  };
  const exit = await soon(read(), "a run", ms);
  const stdout = joined(chunks, "stdout");
  const stderr = joined(chunks, "stderr");
  return { stdout, stderr, out: stdout.toString(), err: stderr.toString(), exit };
}

/** The bytes of one stream of some chunks. */
export function joined(chunks: readonly OutputChunk[], stream: "stdout" | "stderr"): Buffer {
  return Buffer.concat(chunks.filter((chunk) => chunk.stream === stream).map((chunk) => chunk.data));
}

/** Bytes that a run printed to stdout, counted and not kept. */
export async function countOutput(run: EngineRun, ms = 60_000): Promise<number> {
  let bytes = 0;
  const read = async (): Promise<void> => {
    for await (const chunk of run.output) if (chunk.stream === "stdout") bytes += chunk.data.byteLength;
  };
  await soon(read(), "reading the output", ms);
  return bytes;
}

/** A reader of stdout that stops in between: `until` reads on until the text so far contains what is asked for. */
export type Reader = {
  readonly until: (text: string) => Promise<string>;
  /** Reads the rest and answers all of it. */
  readonly rest: () => Promise<string>;
};

export function readStdout(run: EngineRun): Reader {
  const iterator = run.output[Symbol.asyncIterator]();
  let seen = "";
  const next = async (what: string): Promise<boolean> => {
    const item = await soon(iterator.next(), what);
    if (item.done !== true && item.value.stream === "stdout") seen += Buffer.from(item.value.data).toString("latin1");
    return item.done !== true;
  };
  return {
    until: async (text) => {
      while (!seen.includes(text)) {
        if (!(await next(`output with ${text}`))) throw new Error(`The run ended with "${seen}", without "${text}".`);
      }
      return seen;
    },
    rest: async () => {
      for (;;) if (!(await next("the end of the output"))) return seen;
    },
  };
}

/** Asks again until the answer is something; fails after `ms`. For states that no engine announces. */
export async function eventually<T>(what: string, ask: () => Promise<T | undefined>, ms = 10_000): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const answer = await soon(ask(), what);
    if (answer !== undefined) return answer;
    if (performance.now() > end) throw new Error(`Waited ${ms} ms for ${what}.`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** The error of work that is expected to fail with one of ours. */
export async function failure(work: PromiseLike<unknown>): Promise<MoorageError> {
  const [result] = await Promise.allSettled([work]);
  if (result?.status !== "rejected") throw new Error("Expected a failure, but the call succeeded.");
  if (!isMoorageError(result.reason)) throw new Error("Expected a MoorageError.", { cause: result.reason });
  return result.reason;
}

/** Bytes as an input that comes in pieces, each in a turn of its own. */
export async function* inPieces(bytes: Buffer, size = 10_000): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) {
    await nextTurn();
    yield bytes.subarray(at, at + size);
  }
}

/** The code of an error of ours; anything else is thrown on. */
export function codeOf(error: unknown): string {
  if (isMoorageError(error)) return error.code;
  throw error;
}
