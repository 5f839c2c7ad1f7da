import { dirname, resolve } from "node:path";
import { open } from "node:fs/promises";
import { MoorageError } from "../../base/errors.ts";
import { hostFileError } from "../copy/host-file-error.ts";
import { readStdin } from "../flags/read-stdin.ts";
import type { Session } from "../invocation.ts";
import { parseJobs, type JobEntry } from "./parse-jobs.ts";

const MAX_BYTES = 8 * 1024 * 1024;
const STDIN = "-";

export type Jobs = {
  readonly name: string;
  readonly entries: readonly JobEntry[];
};

/**
 * The jobs of a file, or of stdin for `-`. Relative workspaces start where the file lies, so that it works from
 * everywhere; those of stdin start in the current directory.
 */
export async function readJobs(path: string, session: Session): Promise<Jobs> {
  const { currentDirectory } = session.io;
  const place = resolve(currentDirectory, path);
  const name = path === STDIN ? "stdin" : path;
  const text = path === STDIN ? await stdinText(session) : textOf(path, await bytesOf(place, path));
  const base = path === STDIN ? currentDirectory : dirname(place);
  const entries = await parseJobs({ name, text });
  return { name, entries: entries.map(({ line, value }) => ({ line, value: withPlace(value, base) })) };
}

async function stdinText(session: Session): Promise<string> {
  const { text, encoding } = await readStdin(session);
  if (encoding !== "utf8") throw notText("stdin");
  if (text.length > MAX_BYTES) throw tooLarge("stdin");
  return text;
}

async function bytesOf(place: string, path: string): Promise<Uint8Array> {
  try {
    await using file = await open(place, "r");
    const chunks: Uint8Array[] = [];
    const bytes = file.createReadStream({ end: MAX_BYTES, autoClose: false }) as AsyncIterable<Uint8Array>;
    for await (const chunk of bytes) chunks.push(chunk);
    return Buffer.concat(chunks);
  } catch (error) {
    throw hostFileError(error, path);
  }
}

function textOf(path: string, bytes: Uint8Array): string {
  if (bytes.length > MAX_BYTES) throw tooLarge(path);
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch (cause) {
    throw notText(path, cause);
  }
}

// What is no text is told where the job is checked.
function withPlace(value: unknown, base: string): unknown {
  if (typeof value !== "object" || value === null || !("workspace" in value)) return value;
  const { workspace } = value;
  return typeof workspace === "string" && workspace !== "" ? { ...value, workspace: resolve(base, workspace) } : value;
}

function tooLarge(name: string): MoorageError {
  return new MoorageError("FILE_TOO_LARGE", `${name}: expected at most 8 MiB of jobs (it has more).`, {
    hint: "Split it into several files; give jobs large data by files of their workspaces.",
  });
}

function notText(name: string, cause?: unknown): MoorageError {
  return new MoorageError("INVALID_INPUT", `${name}: expected UTF-8 text.`, {
    hint: "Save the file as UTF-8; bytes that are no text can be given as stdin with stdinEncoding: base64.",
    cause,
  });
}
