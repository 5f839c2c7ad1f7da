import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { dockerfileAlone } from "../../base/dockerfile-alone.ts";
import { openEngineProxy, type EngineProxy, type Verdict } from "../../../test/fixtures/engine-proxy.ts";
import type { ErrorCode } from "../../base/error-codes.ts";
import { newId } from "../../base/ids.ts";
import { silentLogger } from "../../base/logger.ts";
import type { Engine, WriteWish } from "../engine.ts";
import { failureOf, jobSpec, openDockerFixture, printed, unitSpec, type DockerFixture } from "./docker-fixture.ts";
import { createDockerEngine } from "./docker-engine.ts";

/** Enough for a slow machine to answer what goes well. */
const PATIENCE_MS = 10_000;
const http = (status: string, body: string): Verdict => ({
  reply: `HTTP/1.1 ${status}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
});

type Fault = { readonly verdict: Verdict; readonly code: ErrorCode; readonly message: RegExp };

/** Faults of whatever stands between us and the engine, or of the engine itself, and what is told of them. */
const FAULTS: Readonly<Record<string, Fault>> = {
  "hangs up": { verdict: { reply: "" }, code: "ENGINE_UNREACHABLE", message: /Docker does not answer at unix:/ },
  "is no HTTP": {
    verdict: { reply: "SSH-2.0-OpenSSH_9.2\r\n" },
    code: "ENGINE_FAILED",
    message: /is not a Docker engine \(HPE_/,
  },
  "sends headers without end": {
    verdict: { endless: `X-Long: ${"x".repeat(1000)}\r\n` },
    code: "ENGINE_FAILED",
    message: /is not a Docker engine \(HPE_HEADER_OVERFLOW\)/,
  },
  "is a proxy with a page of its own": {
    verdict: http("502 Bad Gateway", "<html><head><title>Bad Gateway</title></head></html>"),
    code: "ENGINE_FAILED",
    message: /a web page came back, as proxies send it \("Bad Gateway"\)/,
  },
  "breaks in the head": { verdict: { cutAfter: 20 }, code: "ENGINE_UNREACHABLE", message: /Docker does not answer at/ },
};

/** Faults of answers that are JSON. */
const BROKEN_JSON: Readonly<Record<string, Fault>> = {
  "answers half a value": {
    verdict: http("200 OK", '{"Id":'),
    code: "ENGINE_FAILED",
    message: /does not speak Docker's API/,
  },
  "answers other types": {
    verdict: http("200 OK", '{"Id":7,"State":[],"ServerVersion":{}}'),
    code: "ENGINE_FAILED",
    message: /does not speak Docker's API/,
  },
};

type Operation = {
  readonly at: RegExp;
  readonly json?: boolean;
  readonly call: (engine: Engine) => Promise<unknown>;
  /** What is told of a fault where that differs. */
  readonly told?: Readonly<Record<string, Pick<Fault, "code" | "message">>>;
  /** Undoes what one of the faults lets the engine do all the same. */
  readonly mend?: () => Promise<unknown>;
};

let fixture: DockerFixture;
let directory: string;
let sandbox: string;
let stopped: string;
let job: string;
const named = `127.0.0.1:1/moorage-test/${newId()}:1`;
const volume = newId();
const ensured = newId();

const run = { command: ["true"], env: {}, cwd: "/workspace" };
const OPERATIONS: Readonly<Record<string, Operation>> = {
  info: { at: /^GET \S+\/info /, json: true, call: (engine) => engine.info() },
  list: { at: /^GET \S+\/containers\/json/, json: true, call: (engine) => engine.list() },
  inspect: { at: /^GET \S+\/containers\/moorage-\w+\/json/, json: true, call: (engine) => engine.inspect(sandbox) },
  createSandbox: {
    at: /\/containers\/create/,
    json: true,
    call: (engine) => engine.createSandbox(unitSpec("sandbox")),
  },
  "createSandbox, at its start": { at: /\/start /, call: (engine) => engine.createSandbox(unitSpec("sandbox")) },
  "startJob, at its streams": { at: /\/attach/, call: (engine) => engine.startJob(jobSpec(["true"])) },
  "startJob, at the wait": { at: /\/wait/, call: (engine) => engine.startJob(jobSpec(["true"])) },
  exec: { at: /\/containers\/\w+\/exec /, json: true, call: (engine) => engine.exec(sandbox, run) },
  "exec, at its start": { at: /\/exec\/\w+\/start/, call: (engine) => engine.exec(sandbox, run) },
  "exec, on a terminal": {
    at: /\/resize\?/,
    call: (engine) => engine.exec(sandbox, { ...run, tty: { columns: 80, rows: 24 } }),
  },
  endLost: { at: /\/containers\/\w+\/exec /, json: true, call: endLost },
  // Of another answer in JSON it takes what is there, and that is nothing.
  stats: { at: /\/stats\?/, call: (engine) => engine.stats(sandbox) },
  "ports.listens": { at: /\/exec\/\w+\/start/, call: async (engine) => engine.ports?.listens(sandbox, 80) },
  lastOutput: { at: /\/logs\?/, call: (engine) => engine.lastOutput(job) },
  runtimes: { at: /^GET \S+\/info /, json: true, call: async (engine) => engine.runtimes?.() },
  "freezer.pause": {
    at: /\/pause /,
    call: async (engine) => engine.freezer?.pause(sandbox),
    mend: async () => fixture.engine.freezer?.unpause(sandbox),
  },
  "volumes.ensure": { at: /\/volumes\/create/, json: true, call: async (engine) => engine.volumes?.ensure(ensured) },
  "volumes.remove": { at: /\/volumes\/moorage/, call: async (engine) => engine.volumes?.remove(volume) },
  "createSandbox, at its network": {
    at: /\/networks\/create/,
    call: (engine) => engine.createSandbox({ ...unitSpec("sandbox"), network: "internal" }),
  },
  "files.stat": {
    at: /^HEAD \S+\/archive/,
    call: (engine) => engine.files.stat(sandbox, "/workspace"),
    told: { "is a proxy with a page of its own": { code: "ENGINE_FAILED", message: /status 502 without a message/ } },
  },
  "files.list": { at: /\/exec\/\w+\/start/, call: (engine) => engine.files.list(sandbox, "/workspace") },
  "files.open": { at: /^GET \S+\/archive/, call: opened },
  "files.write": { at: /^PUT \S+\/archive/, call: (engine) => engine.files.write(sandbox, written()) },
  "files.upload": {
    at: /^PUT \S+\/archive/,
    call: (engine) => engine.files.upload(sandbox, { path: "/workspace", tar: tarOf() }),
  },
  "files.makeDirectory": {
    at: /^PUT \S+\/archive/,
    call: (engine) => engine.files.makeDirectory(sandbox, { path: `/workspace/${newId()}`, mode: 0o755 }),
  },
  "files.rootChanges": { at: /\/changes/, json: true, call: (engine) => engine.files.rootChanges(sandbox) },
  "images.ensure": {
    at: /\/images\/create/,
    call: async (engine) => engine.images?.ensure(`moorage-test/${newId()}`, {}),
  },
  "images.pull": {
    at: /\/images\/create/,
    call: async (engine) => engine.images?.pull(`127.0.0.1:1/${newId()}`, {}),
  },
  "images.push": { at: /\/push\?/, call: async (engine) => engine.images?.push(named, {}) },
  "images.confirm": {
    at: /\/distribution\//,
    json: true,
    call: async (engine) => engine.images?.confirm("127.0.0.1:1/a:1", {}),
  },
  "images.build": { at: /\/build\?/, call: async (engine) => engine.images?.build(recipe(), {}) },
  stop: { at: /\/stop\?/, call: (engine) => engine.stop(sandbox, { graceMs: 0 }) },
  start: {
    at: /\/start /,
    call: (engine) => engine.start(stopped),
    mend: () => fixture.engine.stop(stopped, { graceMs: 0 }),
  },
  "files.download": { at: /\/archive\?/, call: (engine) => downloaded(engine) },
  "images.find": { at: /\/images\//, json: true, call: async (engine) => engine.images?.find("busybox:latest") },
  // Last, since one of the faults lets the engine do it all the same.
  remove: { at: /^DELETE /, call: (engine) => engine.remove(sandbox) },
};

beforeAll(async () => {
  fixture = openDockerFixture();
  directory = await mkdtemp(join(tmpdir(), "moorage-faults-"));
  sandbox = await fixture.sandbox();
  await fixture.shell(sandbox, "echo kept > kept");
  stopped = await fixture.sandbox();
  await fixture.engine.stop(stopped, { graceMs: 0 });
  const ended = await fixture.job(["true"]);
  await printed(ended.run);
  job = ended.id;
  await fixture.engine.volumes?.ensure(volume);
  await fixture.engine.images?.tag("busybox:latest", named);
});
afterAll(async () => {
  await fixture.engine.images?.remove(named);
  for (const id of [volume, ensured]) await fixture.engine.volumes?.remove(id);
  await fixture[Symbol.asyncDispose]();
  await rm(directory, { recursive: true });
});

async function opened(engine: Engine): Promise<unknown> {
  await using file = await engine.files.open(sandbox, "/workspace/kept");
  return await Array.fromAsync(file.read(0, file.sizeBytes));
}

async function endLost(engine: Engine): Promise<unknown> {
  const running = await fixture.exec(sandbox, ["sleep", "60"]);
  try {
    return await engine.endLost(sandbox, running);
  } finally {
    await running.kill();
  }
}

function written(): WriteWish {
  return { path: "/workspace/written", content: tarOf() };
}

async function* tarOf(): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(new Uint8Array(1024));
}

function recipe() {
  return {
    tag: `moorage-test/${newId()}:latest`,
    context: dockerfileAlone("FROM busybox:latest\n"),
    labels: { "moorage.test": "1" },
  };
}

async function downloaded(engine: Engine): Promise<number> {
  let bytes = 0;
  for await (const chunk of engine.files.download(sandbox, "/etc/passwd")) bytes += chunk.length;
  return bytes;
}

/** An engine object whose requests that fit go wrong. */
async function behind(at: RegExp, verdict: Verdict): Promise<{ proxy: EngineProxy; engine: Engine }> {
  const path = join(directory, `${Math.random().toString(36).slice(2)}.sock`);
  const proxy = await openEngineProxy(path, { intercept: (head) => (at.test(head) ? verdict : undefined) });
  const { labels } = fixture;
  const engine = createDockerEngine({
    endpoint: { socketPath: proxy.socketPath },
    labels,
    logger: silentLogger,
    patienceMs: PATIENCE_MS,
    hostTrees: false,
    buildRetryMs: [],
  });
  return { proxy, engine };
}

describe("what has begun, when the engine", () => {
  test("breaks in the middle of a frame, fails and says so", async () => {
    const { proxy, engine } = await behind(/\/exec\/\w+\/start/, { cutAfter: 4_000 });
    try {
      const wide = await engine.exec(sandbox, { ...run, command: ["head", "-c", "100000", "/dev/zero"] });
      const { code, message } = await failureOf(printed(wide));
      expect([code, message]).toEqual(["ENGINE_FAILED", "The connection to the output of a run broke."]);
    } finally {
      await engine[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    }
  });

  test("sends something else than frames, fails and says so", async () => {
    const { proxy, engine } = await behind(/\/exec\/\w+\/start/, {
      reply: "HTTP/1.1 101 UPGRADED\r\nConnection: Upgrade\r\nUpgrade: tcp\r\n\r\nhello, this is no frame",
    });
    try {
      const { code } = await failureOf(engine.exec(sandbox, run));
      expect(code).toBe("START_FAILED");
    } finally {
      await engine[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    }
  });
});

test("an engine that never answers is given up at the deadline, whatever was asked", async () => {
  const given = Object.values(OPERATIONS).map(async ({ at, call }) => {
    const { proxy, engine } = await behind(at, { hang: true });
    try {
      const { code, message } = await failureOf(call(engine));
      return { code, message: message.replace(proxy.host, "there") };
    } finally {
      await engine[Symbol.asyncDispose]();
      await proxy[Symbol.asyncDispose]();
    }
  });
  const expected = { code: "ENGINE_TIMEOUT", message: `Docker at there did not answer within ${PATIENCE_MS} ms.` };
  expect(await Promise.all(given)).toEqual(Object.values(OPERATIONS).map(() => expected));
});

describe.each(Object.entries(OPERATIONS))("%s, when the engine", (_, { at, json, call, told, mend }) => {
  test.each(Object.entries({ ...FAULTS, ...(json === true ? BROKEN_JSON : {}) }))(
    "%s, ends within its deadline with what was wrong",
    async (fault, { verdict, ...usual }) => {
      const { code, message } = told?.[fault] ?? usual;
      const { proxy, engine } = await behind(at, verdict);
      try {
        const error = await failureOf(call(engine));
        expect({ code: error.code, message: error.message }).toEqual({
          code,
          message: expect.stringMatching(message) as string,
        });
        expect(error.hint).not.toBe("");
      } finally {
        await engine[Symbol.asyncDispose]();
        await proxy[Symbol.asyncDispose]();
        await mend?.();
      }
    },
  );
});
