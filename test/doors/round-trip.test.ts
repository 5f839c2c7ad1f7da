import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { createApi } from "../../src/api/index.ts";
import { MoorageError } from "../../src/base/errors.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { methodOf, type StreamMethod } from "../../src/contracts/method.ts";
import { listOperations, type NamedOperation, type Platform } from "../../src/contracts/platform.ts";
import { createRecordingPlatform, type RecordingParts } from "../../src/contracts/testing/recording-platform.ts";
import { createClient } from "../../src/sdk/index.ts";
import { arbitraryInput } from "./arbitrary-input.ts";

/** A client, its requests answered in process by the HTTP app over a recording platform. */
function connect(parts: RecordingParts = {}) {
  const { platform, calls } = createRecordingPlatform(parts);
  const app = createApi({ admit: () => Promise.resolve(platform), logger: silentLogger, version: "0.0.0" });
  const client = createClient({
    baseUrl: "http://moorage.localhost",
    retries: 0,
    fetch: async (url, init) => app.request(url, init),
  });
  return { client, calls };
}

async function perform(platform: Platform, named: NamedOperation, input: unknown): Promise<unknown> {
  if (named.operation.kind === "unary") return methodOf(platform, named)(input);
  const stream: StreamMethod = methodOf(platform, named);
  return Array.fromAsync(stream(input));
}

const rows = listOperations().map((named) => [named.name, named] as const);

describe.each(rows)("%s through the SDK and HTTP", (name, named) => {
  test("is reached, and gets every input unchanged", async () => {
    const { client, calls } = connect();
    await fc.assert(
      fc.asyncProperty(arbitraryInput(named.operation), async (input) => {
        const before = calls.length;
        await perform(client, named, input);
        expect(calls.slice(before)).toMatchObject([{ name }]);
        expect(calls.at(-1)?.input).toEqual(input);
      }),
    );
  });

  test("comes back with its answer, or its events in order", async () => {
    const events = Array.from({ length: 50 }, (_, index) => ({ type: "progress", message: `${index} \u2028é\n` }));
    const output = named.operation.kind === "unary" ? { items: [{ a: null, b: [1.5, "é"] }] } : events;
    const { client } = connect({ answers: { [name]: () => output } });
    expect(await perform(client, named, sampleOf(named))).toEqual(output);
  });

  test("comes back with its errors: code, message, hint and details", async () => {
    const error = new MoorageError("SANDBOX_NOT_RUNNING", "It is paused: é.", {
      hint: "Resume it.",
      details: { state: "paused", since: [1, 2] },
    });
    const { client } = connect({
      answers: {
        [name]: () => {
          throw error;
        },
      },
    });
    await expect(perform(client, named, sampleOf(named))).rejects.toMatchObject({
      code: "SANDBOX_NOT_RUNNING",
      message: "It is paused: é.",
      hint: "Resume it.",
      details: { state: "paused", since: [1, 2] },
    });
  });

  test("refuses unknown fields at the operation's own parse", async () => {
    const { client, calls } = connect();
    const input = { ...sampleOf(named), colour: "red" };
    await expect(perform(client, named, input)).rejects.toMatchObject({ code: "INVALID_INPUT" });
    expect(calls[0]?.input).toEqual(input);
  });
});

describe("a stream through the SDK and HTTP", () => {
  test("fails in the middle with its error, after the events before it", async () => {
    const { client } = connect({
      answers: {
        "job.run": async function* () {
          yield { type: "progress", message: "a" };
          throw new MoorageError("ENGINE_FAILED", "Gone.", { details: { engine: "docker" } });
        },
      },
    });
    const seen: unknown[] = [];
    const reading = async (): Promise<void> => {
      for await (const event of client.job.run({ command: ["a"] })) seen.push(event);
    };
    await expect(reading()).rejects.toMatchObject({ code: "ENGINE_FAILED", details: { engine: "docker" } });
    expect(seen).toEqual([{ type: "progress", message: "a" }]);
  });

  test("ends the operation when the loop is left", async () => {
    const left = Promise.withResolvers<void>();
    const { client, calls } = connect({
      answers: {
        "job.run": async function* () {
          try {
            for (;;) yield { type: "progress", message: "a" };
          } finally {
            left.resolve();
          }
        },
      },
    });
    for await (const event of client.job.run({ command: ["a"] })) {
      expect(event.type).toBe("progress");
      break;
    }
    await left.promise;
    expect(calls[0]?.signal?.aborted).toBe(true);
  });
});

describe("archives through the SDK and HTTP", () => {
  const paths = fc.string({ unit: "grapheme", minLength: 1 });
  const chunks = fc.array(fc.uint8Array({ minLength: 1 }));

  test("come down as they were sent", async () => {
    let sent: readonly Uint8Array[] = [];
    let asked: unknown;
    const { client } = connect({
      raw: {
        download: async function* (input) {
          asked = input;
          yield* sent;
        },
      },
    });
    await fc.assert(
      fc.asyncProperty(paths, chunks, async (path, given) => {
        sent = given;
        const got = await Array.fromAsync(client.raw.download({ id: "harbour", path }));
        expect(asked).toEqual({ id: "harbour", path });
        expect(Buffer.concat(got)).toEqual(Buffer.concat(given));
      }),
    );
  });

  test("go up as they were given", async () => {
    let got: Uint8Array[] = [];
    let asked: unknown;
    const { client } = connect({
      raw: {
        upload: async (input, tar) => {
          asked = input;
          got = await Array.fromAsync(tar);
        },
      },
    });
    await fc.assert(
      fc.asyncProperty(paths, chunks, async (path, given) => {
        await client.raw.upload({ id: "harbour", path }, iterate(given));
        expect(asked).toEqual({ id: "harbour", path });
        expect(Buffer.concat(got)).toEqual(Buffer.concat(given));
      }),
    );
  });

  test("are refused with the operation's error", async () => {
    const { client } = connect({
      raw: { upload: () => Promise.reject(new MoorageError("PATH_NOT_ALLOWED", "It leads out.")) },
    });
    const upload = client.raw.upload({ id: "harbour", path: "x" }, iterate([new Uint8Array(10)]));
    await expect(upload).rejects.toMatchObject({ code: "PATH_NOT_ALLOWED" });
  });
});

async function* iterate<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}

function sampleOf(named: NamedOperation): Readonly<Record<string, unknown>> {
  const [sample] = fc.sample(arbitraryInput(named.operation), { numRuns: 1, seed: 1 });
  if (sample === undefined) throw new Error(`No input for ${named.name}.`);
  return sample;
}
