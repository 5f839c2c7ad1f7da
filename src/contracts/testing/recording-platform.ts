import { MoorageError } from "../../base/errors.ts";
import { buildPlatform } from "../build-platform.ts";
import { listOperations, type CallOptions, type NamedOperation, type Platform } from "../platform.ts";
import type { RawOperations } from "../raw.ts";
import type { StagedContext } from "../types.ts";

export type RecordedCall = { readonly name: string; readonly input: unknown; readonly signal: AbortSignal | undefined };

/** What an operation answers in a test: an object, or the events of its stream. */
export type Answer = (input: unknown, options: CallOptions) => unknown;

export type RecordingParts = {
  /** By operation, such as `sandbox.get`. @default the input, as `{ echo }` or as one event of that type */
  readonly answers?: Readonly<Record<string, Answer>>;
  readonly raw?: Partial<RawOperations>;
};

export type RecordingPlatform = { readonly platform: Platform; readonly calls: readonly RecordedCall[] };

/** A platform that parses its inputs as a real one, keeps what it was asked for, and answers what a test wants. */
export function createRecordingPlatform({ answers = {}, raw = {} }: RecordingParts = {}): RecordingPlatform {
  const calls: RecordedCall[] = [];
  const record = (named: NamedOperation, input: unknown, signal: AbortSignal | undefined): void => {
    calls.push({ name: named.name, input, signal });
    const parsed = named.operation.input.safeParse(input);
    if (!parsed.success) throw new MoorageError("INVALID_INPUT", `${named.name}: ${parsed.error.message}`);
  };
  const methodFor = (named: NamedOperation) => {
    const answer = answers[named.name];
    if (named.operation.kind === "unary") {
      return async (input: unknown, options: CallOptions = {}): Promise<unknown> => {
        record(named, input, options.signal);
        return answer === undefined ? { echo: input } : answer(input, options);
      };
    }
    return async function* (input: unknown, options: CallOptions = {}): AsyncGenerator {
      record(named, input, options.signal);
      const events = answer === undefined ? [{ type: "echo", echo: input }] : answer(input, options);
      if (isIterable(events)) yield* events;
    };
  };
  return { platform: buildPlatform(listOperations(), methodFor, { ...recordingRaw(calls), ...raw }), calls };
}

function recordingRaw(calls: RecordedCall[]): RawOperations {
  const record = (name: string, input: unknown, { signal }: CallOptions): void => {
    calls.push({ name, input, signal });
  };
  return {
    download: async function* (input, options = {}) {
      record("raw.download", input, options);
    },
    upload: async (input, tar, options = {}) => {
      record("raw.upload", input, options);
      for await (const _chunk of tar);
    },
    stage: async (input, tar, options = {}) => {
      record("raw.stage", input, options);
      let bytes = 0;
      for await (const chunk of tar) bytes += chunk.length;
      return stagedSample(bytes);
    },
    read: async (input, options = {}) => {
      record("raw.read", input, options);
      const [offset, sizeBytes] = [input.offset ?? 0, 0];
      const content = (async function* () {})();
      return { sizeBytes, offset, length: 0, content, [Symbol.asyncDispose]: () => Promise.resolve() };
    },
    write: async (input, content, options = {}) => {
      record("raw.write", input, options);
      let sizeBytes = 0;
      for await (const chunk of content) sizeBytes += chunk.length;
      return { path: input.path, sizeBytes };
    },
    exportImage: async function* (input, options = {}) {
      record("raw.exportImage", input, options);
    },
    importImage: async (input, archive, options = {}) => {
      record("raw.importImage", input, options);
      for await (const _chunk of archive);
      const [reference, createdAt] = [input.tag ?? "agent-env:import", "2026-01-02T03:04:05.678Z"];
      const digest = `sha256:${"0".repeat(64)}`;
      return { reference, kind: "imported", digest, sizeBytes: 0, createdAt, usedAt: createdAt, missing: false };
    },
  };
}

function stagedSample(bytes: number): StagedContext {
  return {
    ...{ id: "c3v9x2m7q1w8e5r4t6y0", files: 1, bytes, ignored: { count: 0, examples: [] }, commit: null },
    dockerfile: { path: "Dockerfile", text: "FROM scratch\n", generatedFor: null },
    createdAt: "2026-12-01T00:00:00.000Z",
    expiresAt: "2026-12-02T00:00:00.000Z",
  };
}

function isIterable(value: unknown): value is AsyncIterable<unknown> | Iterable<unknown> {
  return typeof value === "object" && value !== null && (Symbol.asyncIterator in value || Symbol.iterator in value);
}
