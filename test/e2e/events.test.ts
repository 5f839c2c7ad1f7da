import { setTimeout as delay } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import type { WatchEvent } from "../../src/contracts/types.ts";
import { createClient } from "../../src/sdk/index.ts";
import { openHome } from "../fixtures/command-line.ts";
import { resultOf } from "../fixtures/memory-domain.ts";
import { startServer, type RunningServer } from "../fixtures/running-server.ts";

const IMAGE = "busybox:latest";

function doorOf(server: RunningServer): { readonly url: string; readonly key: string } {
  const [, url = ""] = /Listening on (http:\S+), with a key/.exec(server.told()) ?? [];
  const [, key = ""] = /shown this once: (moorage_\S+)/.exec(server.told()) ?? [];
  return { url, key };
}

async function next(events: AsyncIterator<WatchEvent>): Promise<WatchEvent> {
  const told = await events.next();
  if (told.done === true) throw new Error("The events have ended.");
  return told.value;
}

/** Reads until one of this type comes, and answers all up to it. */
async function until(events: AsyncIterator<WatchEvent>, type: string): Promise<WatchEvent[]> {
  const told: WatchEvent[] = [];
  for (;;) {
    const event = await next(events);
    told.push(event);
    if (event.type === type) return told;
  }
}

describe("the events of a server", () => {
  it("tell an owner of a sandbox from its start to its end, go on after a break, and tell nobody else", async () => {
    await using home = await openHome();
    await using server = await startServer(home, { env: { MOORAGE_LISTEN: "127.0.0.1:0" } });
    const { url, key } = doorOf(server);
    const admin = createClient({ baseUrl: url, key });
    await admin.user.create({ name: "alice" });
    await admin.user.create({ name: "bob" });
    const alice = createClient({ baseUrl: url, key: (await admin.key.create({ user: "alice" })).key });
    const bobsKey = await admin.key.create({ user: "bob" });
    const bob = createClient({ baseUrl: url, key: bobsKey.key });
    const seen = alice.event.watch({ filter: ["sandbox.*", "run.*"] })[Symbol.asyncIterator]();
    const unseen = bob.event.watch({})[Symbol.asyncIterator]();
    await next(seen);
    await next(unseen);

    const { id } = await alice.sandbox.create({ name: "harbour", image: IMAGE });
    const first = await until(seen, "sandbox.started");
    expect(first.map(({ type }) => type)).toEqual(["sandbox.created", "sandbox.started"]);
    // The connection is left, and what happens meanwhile is told when it is there again.
    await seen.return?.();
    await resultOf(alice.sandbox.exec({ id, command: ["sh", "-c", "exit 3"] }));
    const last = first.at(-1);
    const after = last !== undefined && "id" in last ? last.id : "";
    const again = alice.event.watch({ filter: ["sandbox.*", "run.*"], after })[Symbol.asyncIterator]();
    const runs = await until(again, "run.finished");
    expect(runs.map(({ type }) => type)).toEqual(["watching", "run.started", "run.finished"]);
    expect(runs.at(-1)).toMatchObject({ owner: "alice", facts: { status: "failed", exitCode: 3, sandboxId: id } });
    await alice.sandbox.stop({ id });
    await alice.sandbox.remove({ id });
    const ending = await until(again, "sandbox.removed");
    expect(ending.map(({ type }) => type)).toEqual(["sandbox.stopped", "sandbox.removed"]);
    await again.return?.();

    // What is told to bob first after all of it is his own.
    await bob.network.ensure({ name: "own" });
    expect(await next(unseen)).toMatchObject({ type: "network.created", owner: "bob" });
    await bob.network.remove({ name: "own" });
    await until(unseen, "network.removed");
    const prying = bob.event.watch({ owner: "alice" })[Symbol.asyncIterator]();
    await expect(next(prying)).rejects.toMatchObject({ code: "FORBIDDEN" });
    await admin.key.revoke({ id: bobsKey.id });
    await expect(until(unseen, "never")).rejects.toMatchObject({ code: "UNAUTHENTICATED" });
  });

  it("are read as server-sent events, by the command line, and while a server stops", async () => {
    await using home = await openHome();
    const server = await startServer(home, { env: { MOORAGE_LISTEN: "127.0.0.1:0" } });
    const { url, key } = doorOf(server);
    const authorization = `Bearer ${key}`;
    const headers = { authorization, accept: "text/event-stream", "last-event-id": "0000000000000000" };
    const response = await fetch(`${url}/v1/events?filter=network.*&owner=*`, { headers });
    expect(response.headers.get("content-type")).toBe("text/event-stream");
    const told = home.moorage(["events", "--owner", "*", "--filter", "network.*"]);
    while (!(await metricsOf(url, authorization)).includes("moorage_event_listeners 2\n")) await delay(50);
    await server.sdk.network.ensure({ name: "quay" });
    await server.sdk.network.remove({ name: "quay" });
    await server[Symbol.asyncDispose]();
    const text = await response.text();
    expect(text).toMatch(/^id: 0{16}\nevent: watching\ndata: \{.+\}\n\n/);
    expect(text).toMatch(/\nid: \d{16}\nevent: network\.created\ndata: \{"type":"network\.created",.+\}\n\n/);
    expect(text).toMatch(/\nevent: ended\ndata: .+\n\n$/);
    const { code, stdout, stderr } = await told;
    expect(stdout.split("\n").map((line) => line.split("  ").slice(1, 3))).toEqual([
      ["network.created", "local"],
      ["network.removed", "local"],
      [],
    ]);
    expect(stderr).toBe("note: The server is stopping.\n");
    expect(code).toBe(0);
  });

  it("are told of another process that works on the same state", async () => {
    await using home = await openHome();
    await using server = await startServer(home, { engine: "process" });
    const events = server.sdk.event.watch({ filter: ["run.*"] })[Symbol.asyncIterator]();
    await next(events);
    // Another engine than the server's: the command opens the state itself.
    const { code } = await home.moorage(["run", "--engine", "docker", "--image", IMAGE, "--", "true"]);
    expect(code).toBe(0);
    expect((await until(events, "run.finished")).map(({ type }) => type)).toEqual(["run.started", "run.finished"]);
    await events.return?.();
  });
});

describe("a server", () => {
  it("tells everybody whether it is ready, and administrators alone its figures", async () => {
    await using home = await openHome();
    await using server = await startServer(home, { env: { MOORAGE_LISTEN: "127.0.0.1:0" } });
    const { url, key } = doorOf(server);
    const ready = await fetch(`${url}/readyz`);
    expect(ready.status).toBe(200);
    expect(await ready.json()).toEqual({ ok: true, store: null, engine: null });
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    const { key: member } = await server.sdk.key.create({ role: "member" });
    expect((await fetch(`${url}/metrics`, { headers: { authorization: `Bearer ${member}` } })).status).toBe(403);
    await resultOf(server.sdk.job.run({ image: IMAGE, command: ["true"] }));
    const metrics = await metricsOf(url, `Bearer ${key}`);
    expect(metrics).toContain('moorage_runs_finished_total{status="succeeded"} 1\n');
    expect(metrics).toContain('moorage_sandboxes{state="running"} 0\n');
    expect(metrics).toContain('{route="/readyz",method="GET",status="200"} 1\n');
  });
});

async function metricsOf(url: string, authorization: string): Promise<string> {
  return (await fetch(`${url}/metrics`, { headers: { authorization } })).text();
}
