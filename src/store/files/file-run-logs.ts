import { readdir, rm, stat, utimes } from "node:fs/promises";
import { join } from "node:path";
import { MoorageError } from "../../base/errors.ts";
import type { LogRetention, RunLogs } from "../run-logs.ts";
import { LogReader } from "./log-reader.ts";
import { LogWriter } from "./log-writer.ts";

export type FileRunLogsOptions = {
  /** Absolute; made with mode 0700 when the first log is written. */
  readonly directory: string;
  /** Bytes on disk that one log takes at most: half for its head, half for the ring of its tail. */
  readonly logBytes: number;
};

/** Logs as files below one directory, each readable by its owner's operating-system user alone. */
export function createFileRunLogs({ directory, logBytes }: FileRunLogsOptions): RunLogs {
  const place = (runId: string): string => join(directory, runId);
  return {
    create: (runId, onWritten) => new LogWriter({ directory: place(runId), capacity: logBytes, onWritten }),
    read: (runId, offset) => new LogReader(place(runId), offset),
    remove: async (runId) => {
      try {
        await rm(place(runId), { recursive: true, force: true });
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new MoorageError("STATE_UNUSABLE", `The log in ${place(runId)} cannot be removed: ${reason}.`, {
          cause: error,
        });
      }
    },
    shiftAges: async (milliseconds, since) => {
      for (const path of await segmentsIn(directory)) {
        const info = await stat(path).catch(ifGone(undefined));
        if (info === undefined || info.mtimeMs >= since) continue;
        const moved = new Date(info.mtimeMs + milliseconds);
        await utimes(path, moved, moved).catch(ifGone(undefined));
      }
    },
    unkept: async (retention, { now, keep }) => {
      const logs = (await measured(directory)).filter(({ runId }) => !keep.has(runId));
      return toRemove(logs, retention, now);
    },
  };
}

type Measured = { readonly runId: string; readonly bytes: number; readonly writtenAt: number };

function toRemove(logs: readonly Measured[], retention: LogRetention, now: number): readonly string[] {
  const newestFirst = logs.toSorted((a, b) => b.writtenAt - a.writtenAt);
  let total = 0;
  return newestFirst
    .filter(({ bytes, writtenAt }) => {
      total += bytes;
      return now - writtenAt > retention.maxAgeMs || total > retention.maxTotalBytes;
    })
    .map(({ runId }) => runId);
}

async function measured(directory: string): Promise<readonly Measured[]> {
  const logs: Measured[] = [];
  for (const runId of await namesIn(directory)) {
    let bytes = 0;
    let writtenAt = 0;
    for (const name of await namesIn(join(directory, runId))) {
      const info = await stat(join(directory, runId, name)).catch(ifGone(undefined));
      bytes += info?.size ?? 0;
      writtenAt = Math.max(writtenAt, info?.mtimeMs ?? 0);
    }
    logs.push({ runId, bytes, writtenAt });
  }
  return logs;
}

async function segmentsIn(directory: string): Promise<readonly string[]> {
  const paths: string[] = [];
  for (const runId of await namesIn(directory)) {
    for (const name of await namesIn(join(directory, runId))) paths.push(join(directory, runId, name));
  }
  return paths;
}

function namesIn(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(ifGone<readonly string[]>([]));
}

/** Another process may remove a log at the same time; what is no directory is no log. */
function ifGone<T>(value: T): (error: unknown) => T {
  return (error) => {
    if (error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR"].includes(String(error.code))) return value;
    throw error;
  };
}
