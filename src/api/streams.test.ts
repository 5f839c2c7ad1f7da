import { afterEach, describe, expect, test, vi } from "vitest";
import { canceled } from "../base/deadline.ts";
import { MoorageError } from "../base/errors.ts";
import type { CallOptions } from "../contracts/platform.ts";
import { createApiFixture } from "./testing/api-fixture.ts";

const request = { method: "POST", headers: { "content-type": "application/json" }, body: '{"command":["a"]}' };
const PATH = "/v1/sandboxes/harbour/exec";

afterEach(() => vi.useRealTimers());

async function linesOf(response: Response): Promise<unknown[]> {
  const text = await response.text();
  expect(text.endsWith("\n")).toBe(true);
  return text
    .trimEnd()
    .split("\n")
    .map((line): unknown => JSON.parse(line));
}

/** Yields without end, and tells how often it was asked and how it ended. */
function endless() {
  const state = { asked: 0, signal: new AbortController().signal, ended: Promise.withResolvers<string>() };
  const events = async function* (_input: unknown, { signal }: CallOptions) {
    if (signal !== undefined) state.signal = signal;
    try {
      for (;;) {
        state.asked += 1;
        yield { type: "stdout", data: "x".repeat(1024), encoding: "utf8" };
      }
    } finally {
      state.ended.resolve(signal?.aborted === true ? "aborted" : "left");
    }
  };
  return { state, events };
}

describe("a stream operation", () => {
  test("answers with its events in order, one a line", async () => {
    const events = [
      { type: "progress", message: "line one\nline two  " },
      { type: "stdout", data: "é\u{1F6A2}", encoding: "utf8" },
      { type: "result", result: { exitCode: 0 } },
    ];
    const { app, events: log } = createApiFixture({ answers: { "sandbox.exec": () => events } });
    const response = await app.request(PATH, request);
    expect(response.status).toBe(200);
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
    expect(log).toEqual([]);
    expect(await linesOf(response)).toEqual(events);
    expect(log).toMatchObject([{ fields: { route: "/v1/sandboxes/{id}/exec", status: 200 } }]);
  });

  test("fails with a status of its own before the first event", async () => {
    const { app } = createApiFixture({
      answers: {
        "sandbox.exec": () => {
          throw new MoorageError("SANDBOX_NOT_RUNNING", "It is paused.");
        },
      },
    });
    const response = await app.request(PATH, request);
    expect(response.status).toBe(409);
    expect(await response.json()).toMatchObject({ error: { code: "SANDBOX_NOT_RUNNING" } });
  });

  test("tells a failure after that as its last line, and in the log", async () => {
    const { app, events } = createApiFixture({
      answers: {
        "sandbox.exec": async function* () {
          yield { type: "stdout", data: "a", encoding: "utf8" };
          throw new MoorageError("ENGINE_FAILED", "The engine went away.", { details: { engine: "docker" } });
        },
      },
    });
    const response = await app.request(PATH, { ...request, headers: { ...request.headers, "x-request-id": "r7" } });
    expect(await linesOf(response)).toMatchObject([
      { type: "stdout" },
      { type: "error", error: { code: "ENGINE_FAILED", details: { engine: "docker" }, retry: true, requestId: "r7" } },
    ]);
    expect(events).toMatchObject([{ level: "error", fields: { code: "ENGINE_FAILED", status: 200 } }]);
  });

  test("takes the next event only when the reader asks for one", async () => {
    const { state, events } = endless();
    const { app } = createApiFixture({ answers: { "sandbox.exec": events } });
    const response = await app.request(PATH, request);
    expect(state.asked).toBe(1);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.read();
    await new Promise(setImmediate);
    expect(state.asked).toBe(2);
    await reader?.cancel();
  });

  test("ends when its reader leaves, and is logged as canceled", async () => {
    const { state, events } = endless();
    const { app, logged } = createApiFixture({ answers: { "sandbox.exec": events } });
    const response = await app.request(PATH, request);
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(await state.ended.promise).toBe("aborted");
    expect(state.signal.aborted).toBe(true);
    expect((await logged("request")).fields).toMatchObject({ code: "CANCELED" });
  });

  test("ends when its reader leaves while it waits for the engine", async () => {
    const { app, logged } = createApiFixture({
      answers: {
        "sandbox.exec": async function* (_input, { signal }) {
          yield { type: "progress", message: "waiting" };
          await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
          throw canceled(signal?.reason);
        },
      },
    });
    const reader = (await app.request(PATH, request)).body?.getReader();
    await reader?.read();
    const pending = reader?.read();
    await reader?.cancel();
    expect(await pending).toEqual({ done: true, value: undefined });
    expect((await logged("request")).fields).toMatchObject({ code: "CANCELED" });
  });

  test("ends when the request is aborted before the first event", async () => {
    const caller = new AbortController();
    const { app } = createApiFixture({
      answers: {
        "sandbox.exec": async function* (_input, { signal }) {
          queueMicrotask(() => caller.abort());
          await new Promise((resolve) => signal?.addEventListener("abort", resolve, { once: true }));
          throw canceled(signal?.reason);
        },
      },
    });
    const response = await app.request(PATH, { ...request, signal: caller.signal });
    expect(response.status).toBe(499);
  });

  test("shows that it is alive while there is nothing to say", async () => {
    vi.useFakeTimers();
    const more = Promise.withResolvers<void>();
    const { app } = createApiFixture({
      answers: {
        "sandbox.exec": async function* () {
          yield { type: "progress", message: "sleeping" };
          await more.promise;
          yield { type: "result", result: {} };
        },
      },
    });
    const reader = (await app.request(PATH, request)).body?.getReader();
    const read = async (): Promise<string> => {
      const chunk: { readonly value?: Uint8Array | undefined } | undefined = await reader?.read();
      return new TextDecoder().decode(chunk?.value);
    };
    expect(await read()).toContain("sleeping");
    for (let beat = 0; beat < 2; beat += 1) {
      const idle = read();
      await vi.advanceTimersByTimeAsync(15_000);
      expect(await idle).toBe("\n");
    }
    more.resolve();
    expect(await read()).toContain("result");
    expect(await read()).toBe("");
    expect(vi.getTimerCount()).toBe(0);
  });
});
