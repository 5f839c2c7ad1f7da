import { afterEach, describe, expect, test, vi } from "vitest";
import { MoorageError } from "../base/errors.ts";
import { createApiFixture } from "./testing/api-fixture.ts";

const ID = "0000000000000007";
const EXEC = "/v1/sandboxes/harbour/exec";
const accept = "text/event-stream";
const post = { method: "POST", headers: { "content-type": "application/json", accept }, body: '{"command":["a"]}' };

afterEach(() => vi.useRealTimers());

describe("server-sent events", () => {
  test.each(["text/event-stream", "application/json;q=0.5, Text/Event-Stream;q=0.9"])(
    "are asked for by accept: %s",
    async (asked) => {
      const events = [
        { type: "stdout", data: "line one\nline two\r\n", encoding: "utf8" },
        { type: "result", result: { exitCode: 0 } },
      ];
      const { app } = createApiFixture({ answers: { "sandbox.exec": () => events } });
      const response = await app.request(EXEC, { ...post, headers: { ...post.headers, accept: asked } });
      expect(response.headers.get("content-type")).toBe("text/event-stream");
      expect(await response.text()).toBe(
        [
          ...["event: stdout", `data: ${JSON.stringify(events[0])}`, ""],
          ...["event: result", `data: ${JSON.stringify(events[1])}`, "", ""],
        ].join("\n"),
      );
    },
  );

  test("are not what others get", async () => {
    const { app } = createApiFixture({ answers: { "sandbox.exec": () => [{ type: "result" }] } });
    const response = await app.request(EXEC, { ...post, headers: { ...post.headers, accept: "*/*" } });
    expect(response.headers.get("content-type")).toBe("application/x-ndjson");
  });

  test("have ids where the stream can go on behind them, which the header of a reader that comes back has", async () => {
    const { app, calls } = createApiFixture({ answers: { "event.watch": () => [{ type: "run.started", id: ID }] } });
    const headers = { accept, "last-event-id": ID };
    const response = await app.request("/v1/events?filter=run.*&after=0000000000000001", { headers });
    expect(await response.text()).toBe(`id: ${ID}\nevent: run.started\ndata: {"type":"run.started","id":"${ID}"}\n\n`);
    expect(calls).toMatchObject([{ input: { filter: ["run.*"], after: ID } }]);
  });

  test("tell a failure as an event of its own", async () => {
    const { app } = createApiFixture({
      answers: {
        "sandbox.exec": async function* () {
          yield { type: "stdout", data: "a", encoding: "utf8" };
          throw new MoorageError("ENGINE_FAILED", "The engine went away.");
        },
      },
    });
    const [, failure = ""] = (await (await app.request(EXEC, post)).text()).split("\n\n");
    const [event, data = ""] = failure.split("\n");
    expect(event).toBe("event: error");
    expect(JSON.parse(data.slice("data: ".length))).toMatchObject({ type: "error", error: { code: "ENGINE_FAILED" } });
  });

  test("are kept alive by comments", async () => {
    vi.useFakeTimers();
    const { app } = createApiFixture({
      answers: {
        "event.watch": async function* () {
          yield { type: "watching", id: ID };
          await new Promise(() => undefined);
        },
      },
    });
    const response = await app.request("/v1/events", { headers: { accept } });
    const reader = response.body?.getReader();
    await reader?.read();
    const beat = reader?.read();
    await vi.advanceTimersByTimeAsync(15_000);
    expect(Buffer.from((await beat)?.value ?? []).toString()).toBe(": alive\n\n");
  });
});
