import { describe, expect, test } from "vitest";
import { silentLogger } from "../base/logger.ts";
import type { Observation, ReadyReport } from "../contracts/observation.ts";
import { createRecordingPlatform, type RecordingParts } from "../contracts/testing/recording-platform.ts";
import { createApi } from "./create-api.ts";
import { RequestMetrics } from "./metrics/request-metrics.ts";

const observation: Observation = {
  sandboxes: [{ state: "running", count: 3 }],
  pool: { ready: 1, wanted: 2 },
  events: [
    { type: "run.started", status: null, count: 5 },
    { type: "run.finished", status: "succeeded", count: 4 },
    { type: "run.finished", status: "failed", count: 1 },
  ],
  listeners: 0,
  undone: 0,
};
const whoami = (who: object) => ({ "auth.whoami": () => ({ role: "admin", scopes: null, agent: false, ...who }) });

function api(
  answers: RecordingParts["answers"],
  ready: () => Promise<ReadyReport> = () => Promise.reject(new Error()),
) {
  const { platform } = createRecordingPlatform({ answers: { ...answers } });
  const observatory = { ready, observe: () => Promise.resolve(observation) };
  const observed = { requests: new RequestMetrics(), observatory };
  return createApi({ admit: () => Promise.resolve(platform), logger: silentLogger, version: "1", observed });
}

describe("/readyz", () => {
  test.each([
    [{ ok: true, store: null, engine: null }, 200],
    [{ ok: false, store: null, engine: "ENGINE_UNREACHABLE" }, 503],
  ])("tells %j with %i, and looks once for all who ask at one time", async (report, status) => {
    let looks = 0;
    const looked = Promise.withResolvers<ReadyReport>();
    const app = api({}, () => {
      looks += 1;
      return looked.promise;
    });
    const asked = [1, 2].map(async () => app.request("/readyz"));
    looked.resolve(report);
    for (const response of await Promise.all(asked)) {
      expect(response.status).toBe(status);
      expect(await response.json()).toEqual(report);
    }
    expect(looks).toBe(1);
  });
});

describe("/metrics", () => {
  test("has figures of the server by route patterns and codes, and names nobody", async () => {
    const app = api({
      ...whoami({}),
      "sandbox.get": () => {
        throw new TypeError("unexpected");
      },
      "event.watch": () => [{ type: "watching", id: "0000000000000000" }],
    });
    await app.request("/v1/sandboxes/secretname");
    await app.request("/some/secretpath");
    await (await app.request("/v1/events")).text();
    const open = await app.request("/v1/events");
    const response = await app.request("/metrics");
    expect(response.headers.get("content-type")).toBe("text/plain; version=0.0.4; charset=utf-8");
    const text = await response.text();
    await open.body?.cancel();
    const lines = text.split("\n");
    for (const line of [
      'moorage_sandboxes{state="running"} 3',
      "moorage_pool_ready 1",
      "moorage_runs_started_total 5",
      'moorage_runs_finished_total{status="failed"} 1',
      'moorage_events_total{type="run.finished"} 5',
      'moorage_http_request_duration_seconds_bucket{route="/v1/sandboxes/{id}",method="GET",status="500",le="+Inf"} 1',
      'moorage_http_request_duration_seconds_count{route="none",method="GET",status="404"} 1',
      'moorage_http_errors_total{code="INTERNAL"} 1',
      "moorage_http_open_streams 1",
      "# TYPE moorage_http_request_duration_seconds histogram",
      "# TYPE process_cpu_seconds_total counter",
    ]) {
      expect(lines).toContain(line);
    }
    expect(text).not.toContain("secret");
    expect(text.endsWith("\n")).toBe(true);
    // The text format: a comment, or a name with labels and a number.
    for (const line of lines.slice(0, -1)) {
      expect(line).toMatch(/^(?:# (?:HELP|TYPE) .+|[a-z_0-9]+(?:\{(?:[a-z]+="[^"]*",?)+\})? [-+.0-9e]+)$/);
    }
  });

  test.each([{ role: "member" }, { scopes: ["system:read"] }, { agent: true }])("is not for %j", async (who) => {
    const response = await api(whoami(who)).request("/metrics");
    expect(response.status).toBe(403);
    expect(await response.json()).toMatchObject({
      error: { code: "FORBIDDEN", message: "GET /metrics: expected an administrator's key that is not limited." },
    });
  });

  test("takes no other method", async () => {
    const response = await api(whoami({})).request("/metrics", { method: "POST" });
    expect(response.status).toBe(405);
    expect(response.headers.get("allow")).toBe("GET");
  });
});
