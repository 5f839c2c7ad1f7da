import { expect, test } from "vitest";
import { WebSocket } from "ws";
import { createApi, serveOnAddress } from "../../src/api/index.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { createAdmit } from "../../src/domain/access/admit.ts";
import { LOCAL_USER } from "../../src/domain/access/principal.ts";
import { openMemoryDomain, resultOf } from "../fixtures/memory-domain.ts";

const SEEN = { timeout: 10_000, interval: 10 };
const SLEEP = ["sleep", "600", "ready"];

type Sent = Omit<RequestInit, "headers"> & { readonly headers?: Record<string, string> };

/** The real domain at an address, with a sandbox of alice's and a key of hers. */
async function openDoor() {
  const disposal = new AsyncDisposableStack();
  const domain = disposal.use(openMemoryDomain());
  const admin = domain.platformOf(LOCAL_USER);
  const requests: object[] = [];
  const logger = { ...silentLogger, info: (fields: object) => void requests.push(fields) };
  const app = createApi({
    admit: createAdmit(domain.context),
    logger,
    version: "0.0.0",
    admissionBeatMs: 20,
  });
  const address = { host: "127.0.0.1", port: 0 };
  const { url } = disposal.use(await serveOnAddress({ app, address, logger: silentLogger }));
  await admin.user.create({ name: "alice" });
  const { id: keyId, key } = await admin.key.create({ user: "alice" });
  const { id } = await domain.platform.sandbox.create({});
  const headers = { authorization: `Bearer ${key}`, "content-type": "application/json" };
  const open = (path: string, init: Sent = {}) =>
    fetch(new URL(path, url), { ...init, headers: { ...headers, ...init.headers } });
  const exec = (more: object = {}, init: Sent = {}) =>
    open(`/v1/sandboxes/${id}/exec`, { ...init, method: "POST", body: JSON.stringify({ command: SLEEP, ...more }) });
  const statuses = async () => (await domain.platform.run.list({})).items.map(({ status }) => status);
  const parts = { domain, admin, requests, url, id, keyId, key, open, exec, statuses };
  return { ...parts, [Symbol.asyncDispose]: () => disposal.disposeAsync() };
}

/** The lines of a stream, read to its end; `begun` settles with the first. */
function reading(response: Response) {
  const begun = Promise.withResolvers<void>();
  const whole = (async () => {
    let text = "";
    for await (const chunk of response.body ?? []) {
      text += Buffer.from(chunk).toString();
      begun.resolve();
    }
    return text.split("\n").filter((line) => line !== "");
  })();
  return {
    begun: begun.promise,
    lines: whole,
    last: async (): Promise<unknown> => JSON.parse((await whole).at(-1) ?? ""),
  };
}

const shutOut = (message: string) => ({
  type: "error",
  error: { code: "UNAUTHENTICATED", message: expect.stringContaining(message) as string },
});

test("a stream whose key is revoked ends, and so does what it has begun", async () => {
  await using door = await openDoor();
  const stream = reading(await door.exec());
  const events = reading(await door.exec({}, { headers: { accept: "text/event-stream" } }));
  const files = reading(await door.open(`/v1/sandboxes/${door.id}/watch`));
  await Promise.all([stream.begun, events.begun, files.begun]);
  await door.admin.key.revoke({ id: door.keyId });
  expect(await stream.last()).toMatchObject(shutOut(`The API key ${door.keyId} (key) was revoked at `));
  expect(await files.last()).toMatchObject(shutOut("was revoked at"));
  expect((await events.lines).at(-2)).toBe("event: error");
  await expect.poll(door.statuses, SEEN).toEqual(["canceled", "canceled"]);
});

test("a stream that says more than its client reads ends as well", async () => {
  await using door = await openDoor();
  const response = await door.exec({ command: ["spam"] });
  const reader = response.body?.getReader();
  await reader?.read();
  await door.admin.key.revoke({ id: door.keyId });
  await expect.poll(door.statuses, SEEN).toEqual(["canceled"]);
  await reader?.cancel();
});

test("a run that goes on without its watcher goes on when the watcher is shut out", async () => {
  await using door = await openDoor();
  const { sandbox, run } = door.domain.platform;
  const { runId } = await resultOf(sandbox.exec({ id: door.id, command: SLEEP, background: true }));
  const attached = reading(await door.open(`/v1/runs/${runId}/events`));
  await attached.begun;
  await door.admin.user.update({ name: "alice", disabled: true });
  expect(await attached.last()).toMatchObject(shutOut("is of alice, who is disabled."));
  expect(await run.get({ runId })).toMatchObject({ status: "running" });
});

test("a stream ends when its reader may do other things than before, and says to connect again", async () => {
  await using door = await openDoor();
  const stream = reading(await door.exec());
  await stream.begun;
  await door.admin.user.update({ name: "alice", role: "viewer" });
  expect(await stream.last()).toMatchObject({
    error: { ...shutOut("has changed").error, hint: expect.stringMatching(/^Connect again/) as string },
  });
});

test("a stream of a team's ends for whom the team has removed", async () => {
  await using door = await openDoor();
  await door.admin.team.create({ name: "ops" });
  await door.admin.team.update({ name: "ops", user: "alice", role: "member" });
  const headers = { "x-moorage-owner": "ops" };
  const made = await door.open("/v1/sandboxes", { method: "POST", headers, body: "{}" });
  const { id } = (await made.json()) as { id: string };
  const body = JSON.stringify({ command: SLEEP });
  const stream = reading(await door.open(`/v1/sandboxes/${id}/exec`, { method: "POST", headers, body }));
  await stream.begun;
  await door.admin.team.update({ name: "ops", user: "alice", remove: true });
  expect(await stream.last()).toMatchObject({ error: { code: "NOT_FOUND", message: 'You are in no team "ops".' } });
});

test("a stream is asked about without counting as requests, and goes on", async () => {
  await using door = await openDoor();
  await door.admin.quota.set({ user: "alice", requestsPerMinute: 2 });
  const stream = reading(await door.exec({ command: ["sleep", "0.5"] }));
  expect(await stream.last()).toMatchObject({ type: "result", result: { status: "succeeded" } });
  expect((await door.open("/v1/sandboxes")).status).toBe(200);
});

test("a terminal whose key is revoked is closed, and takes nothing more that is typed", async () => {
  await using door = await openDoor();
  const path = `/v1/sandboxes/${door.id}/terminal?command=cat`;
  const socket = new WebSocket(new URL(path, door.url.replace("http:", "ws:")), [
    "moorage.terminal.v1",
    `moorage.bearer.${door.key}`,
  ]);
  const told: Record<string, unknown>[] = [];
  let printed = "";
  socket.on("message", (data: Buffer, isBinary) => {
    if (isBinary) printed += data.toString();
    else told.push(JSON.parse(data.toString()) as Record<string, unknown>);
  });
  const closed = new Promise((resolve) => socket.on("close", (code, reason) => resolve([code, reason.toString()])));
  await new Promise((resolve) => socket.on("open", resolve));
  socket.send(Buffer.from("before\n"));
  await expect.poll(() => printed, SEEN).toContain("before");
  await door.admin.key.revoke({ id: door.keyId });
  expect(await closed).toEqual([1008, "UNAUTHENTICATED"]);
  expect(told.map(({ type }) => type)).toEqual(["started", "error"]);
  expect(told[1]).toMatchObject(shutOut("was revoked at"));
  await expect.poll(door.statuses, SEEN).toEqual(["canceled"]);
});

test("a client that does not heed that it is shut out of the terminal of a run types nothing into it", async () => {
  await using door = await openDoor();
  const { sandbox, run } = door.domain.platform;
  const input = { id: door.id, command: ["cat"], interactive: true, background: true };
  const { runId } = await resultOf(sandbox.exec(input));
  const socket = new WebSocket(new URL(`/v1/runs/${runId}/terminal`, door.url.replace("http:", "ws:")), [
    "moorage.terminal.v1",
    `moorage.bearer.${door.key}`,
  ]);
  const closed = new Promise((resolve) => socket.on("close", resolve));
  // It reads nothing from now on, so that it does not answer what closes it.
  await new Promise((resolve) => socket.once("message", resolve));
  socket.pause();
  await door.admin.key.revoke({ id: door.keyId });
  await expect.poll(() => door.requests.at(-1), SEEN).toMatchObject({ status: 101, code: "UNAUTHENTICATED" });
  socket.send(Buffer.from("late\n"));
  socket.resume();
  expect(await closed).toBe(1008);
  await run.input({ runId, offset: 0, data: "mine alone\n" });
  await expect.poll(async () => JSON.stringify(await run.logs({ runId })), SEEN).toContain("mine alone");
  expect(JSON.stringify(await run.logs({ runId }))).not.toContain("late");
});
