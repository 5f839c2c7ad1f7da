import { randomBytes } from "node:crypto";
import { open, unlink, type FileHandle } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { canceled } from "../base/deadline.ts";
import { MoorageError } from "../base/errors.ts";

const MEMORY_BYTES = 4 * 1024 * 1024;
const PIECE_BYTES = 256 * 1024;
const MAX_BYTES = 64 * 1024 ** 3;

/**
 * Bytes on their way between the engine and somebody slower: the first few in memory, the rest in a file without a
 * name. An engine locks a container for as long as an archive goes in or out, so neither may wait for the other side.
 */
export class Spool implements AsyncDisposable {
  readonly #memory: Uint8Array[] = [];
  #memoryBytes = 0;
  #file: FileHandle | undefined;
  #fileBytes = 0;
  #closed = false;
  #end: { readonly error?: Error } | undefined;
  #news = Promise.withResolvers<void>();
  readonly #maxBytes: number;

  /** Takes no more than `maxBytes`: then it is FILE_TOO_LARGE. */
  constructor(maxBytes: number = MAX_BYTES) {
    this.#maxBytes = maxBytes;
  }

  /** Bytes taken so far. */
  get sizeBytes(): number {
    return this.#memoryBytes + this.#fileBytes;
  }

  /** Takes all of a source, as fast as it gives; CANCELED when it is disposed of meanwhile. */
  async fill(source: AsyncIterable<Uint8Array>): Promise<void> {
    try {
      for await (const chunk of source) {
        await this.#write(chunk);
        this.#tell();
      }
      this.#end = {};
    } catch (error) {
      this.#end = { error: error instanceof Error ? error : new Error(String(error)) };
      throw error;
    } finally {
      this.#tell();
    }
  }

  /** What was taken, from the beginning, and what is still coming. To be read once. */
  async *read(): AsyncGenerator<Uint8Array, void, undefined> {
    let taken = 0;
    let at = 0;
    for (;;) {
      const chunk = this.#memory[taken];
      if (chunk !== undefined) {
        taken += 1;
        yield chunk;
      } else if (this.#file !== undefined && at < this.#fileBytes) {
        const piece = Buffer.alloc(Math.min(PIECE_BYTES, this.#fileBytes - at));
        const { bytesRead } = await this.#file.read(piece, 0, piece.length, at);
        at += bytesRead;
        yield piece.subarray(0, bytesRead);
      } else if (this.#end === undefined) {
        await this.#news.promise;
      } else {
        if (this.#end.error !== undefined) throw this.#end.error;
        return;
      }
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await this.#file?.close();
  }

  async #write(chunk: Uint8Array): Promise<void> {
    if (this.#closed) throw canceled();
    if (this.sizeBytes + chunk.length > this.#maxBytes) {
      throw new MoorageError("FILE_TOO_LARGE", `More than ${this.#maxBytes} bytes cannot be copied at once.`);
    }
    if (this.#file === undefined && this.#memoryBytes + chunk.length <= MEMORY_BYTES) {
      this.#memory.push(chunk);
      this.#memoryBytes += chunk.length;
      return;
    }
    try {
      const file = this.#file ?? (await this.#open());
      await file.write(chunk, 0, chunk.length, this.#fileBytes);
      this.#fileBytes += chunk.length;
    } catch (cause) {
      if (this.#closed) throw canceled(cause);
      const message = `Files on their way do not fit in ${tmpdir()}: ${cause instanceof Error ? cause.message : "unknown"}`;
      throw new MoorageError("ENGINE_FAILED", message, { hint: "Free some space there, or copy less at once.", cause });
    }
  }

  /** Nobody closes what is opened for one that has been disposed of meanwhile. */
  async #open(): Promise<FileHandle> {
    const file = await openNameless();
    if (this.#closed) await file.close();
    this.#file = file;
    return file;
  }

  #tell(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }
}

async function openNameless(): Promise<FileHandle> {
  const path = join(tmpdir(), `moorage-${randomBytes(12).toString("hex")}`);
  const file = await open(path, "wx+", 0o600);
  try {
    await unlink(path);
    return file;
  } catch (error) {
    await file.close();
    throw error;
  }
}
