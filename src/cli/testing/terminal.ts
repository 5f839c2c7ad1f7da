import { Readable, Writable } from "node:stream";
import type { CliHost, CliIo } from "../host.ts";
import { runCli } from "../cli.ts";

/** How a command is run in a test; without more, as in a pipe: no terminal, no colour. */
export type Setting = {
  readonly stdin?: string | Uint8Array | Readable;
  readonly stdout?: Writable;
  readonly terminal?: boolean;
  readonly color?: boolean;
  readonly columns?: number;
  readonly directory?: string;
  readonly signal?: AbortSignal;
  readonly host?: Partial<CliHost>;
};

export type Seen = {
  readonly exitCode: number;
  readonly stdout: string;
  readonly stderr: string;
  readonly bytes: Buffer;
};

/** Runs one whole command line in this process, and answers what was seen of it. */
export async function moorage(argv: readonly string[], setting: Setting = {}): Promise<Seen> {
  const stdout = collector();
  const stderr = collector();
  const io: CliIo = {
    stdin: stdinOf(setting.stdin ?? ""),
    stdout: setting.stdout ?? stdout.stream,
    stderr: stderr.stream,
    isTerminal: setting.terminal ?? false,
    color: setting.color ?? false,
    columns: setting.columns ?? 80,
    currentDirectory: setting.directory ?? "/",
    signal: setting.signal ?? new AbortController().signal,
  };
  const exitCode = await runCli(argv, io, { ...unusableHost, ...setting.host });
  return { exitCode, stdout: stdout.bytes().toString(), stderr: stderr.bytes().toString(), bytes: stdout.bytes() };
}

function stdinOf(given: string | Uint8Array | Readable): Readable {
  return given instanceof Readable ? given : Readable.from([Buffer.from(given)]);
}

function collector(): { readonly stream: Writable; readonly bytes: () => Buffer } {
  const chunks: Buffer[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      chunks.push(chunk);
      done();
    },
  });
  return { stream, bytes: () => Buffer.concat(chunks) };
}

const refuse = (): Promise<never> => Promise.reject(new Error("This test does not expect the host to be used."));

const unusableHost: CliHost = {
  version: "1.2.3",
  openPlatform: refuse,
  serve: refuse,
  engineProxy: refuse,
  mcp: refuse,
  logUnexpected: () => Promise.resolve(),
};
