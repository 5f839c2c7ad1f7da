import { isMoorageError, MoorageError } from "../base/errors.ts";
import type { CallOptions, Platform } from "../contracts/platform.ts";
import type { RunEvent, RunResult, Sandbox } from "../contracts/types.ts";

type ExecInput = Omit<Parameters<Platform["sandbox"]["exec"]>[0], "id">;

type CreateInput = Parameters<Platform["sandbox"]["create"]>[0];

/** A sandbox for as long as a block of code lasts: `await using` removes it. */
export type SandboxHandle = AsyncDisposable & {
  readonly id: string;
  /** As it was when it had been created; `moorage.sandbox.get` tells how it is by now. */
  readonly created: Sandbox;
  /** Runs a program and yields what it prints as it comes; `result` is the last event. Leaving the loop ends it. */
  readonly exec: (input: ExecInput, options?: CallOptions) => AsyncIterable<RunEvent>;
  /** Runs a program and resolves when it has ended. One that fails is a result, too: see `exitCode` and `status`. */
  readonly run: (input: ExecInput, options?: CallOptions) => Promise<RunResult>;
  readonly files: SandboxFiles;
};

/** Files in the workspace: paths are relative to it, or absolute below /workspace. */
export type SandboxFiles = {
  /** The whole file; bytes that are not UTF-8 become U+FFFD. FILE_NOT_FOUND, or FILE_TOO_LARGE above 16 MiB: `moorage.raw.read` streams. */
  readonly read: (path: string, options?: CallOptions) => Promise<string>;
  /** The whole file as it is. */
  readonly readBytes: (path: string, options?: CallOptions) => Promise<Uint8Array<ArrayBuffer>>;
  /** Writes a file of 16 MiB at most, making its directories; it appears when it is whole. FILE_TOO_LARGE. */
  readonly write: (path: string, content: string | Uint8Array, options?: CallOptions) => Promise<void>;
};

/**
 * Creates a sandbox that is removed when its block ends, on a server or in process. That it is gone by then already is
 * no error. For one that stays, use `moorage.sandbox.create`.
 *
 * @throws what `moorage.sandbox.create` throws; disposing throws what `moorage.sandbox.remove` does, save NOT_FOUND.
 * @example
 * ```ts
 * await using sandbox = await openSandbox(moorage, { image: "python:3.11-slim" });
 * const { exitCode, stdout } = await sandbox.run({ command: ["python", "-c", "print(6 * 7)"], timeoutMs: 10_000 });
 * ```
 */
export async function openSandbox(
  moorage: Platform,
  input: CreateInput = {},
  options: CallOptions = {},
): Promise<SandboxHandle> {
  const created = await moorage.sandbox.create(input, options);
  const { id } = created;
  const exec: SandboxHandle["exec"] = (run, given) => moorage.sandbox.exec({ ...run, id }, given);
  return {
    ...{ id, created, exec },
    run: async (run, given) => resultOf(exec(run, given)),
    files: filesOf(moorage, id),
    [Symbol.asyncDispose]: () => remove(moorage, id),
  };
}

async function resultOf(events: AsyncIterable<RunEvent>): Promise<RunResult> {
  for await (const event of events) if (event.type === "result") return event.result;
  throw new MoorageError("SERVER_UNREACHABLE", "The stream of the run ended without its result.", {
    hint: "See what became of it with `moorage runs ls`.",
  });
}

async function remove(moorage: Platform, id: string): Promise<void> {
  try {
    await moorage.sandbox.remove({ id });
  } catch (error) {
    if (!isMoorageError(error) || error.code !== "NOT_FOUND") throw error;
  }
}

function filesOf(moorage: Platform, id: string): SandboxFiles {
  const readBytes: SandboxFiles["readBytes"] = async (path, options) => {
    const { content, encoding } = await moorage.file.read({ id, path }, options);
    return encoding === "base64" ? fromBase64(content) : new TextEncoder().encode(content);
  };
  return {
    readBytes,
    read: async (path, options) => new TextDecoder("utf-8", { ignoreBOM: true }).decode(await readBytes(path, options)),
    write: async (path, content, options) => {
      const text = typeof content === "string";
      const body = text ? { content } : { content: toBase64(content), encoding: "base64" as const };
      await moorage.file.write({ id, path, ...body }, options);
    },
  };
}

const fromBase64 = (text: string): Uint8Array<ArrayBuffer> =>
  Uint8Array.from(atob(text), (character) => character.charCodeAt(0));

function toBase64(bytes: Uint8Array): string {
  const parts: string[] = [];
  // A call takes only so many arguments; a multiple of three has no padding within.
  for (let at = 0; at < bytes.length; at += PART)
    parts.push(btoa(String.fromCharCode(...bytes.subarray(at, at + PART))));
  return parts.join("");
}

const PART = 3 * 8192;
