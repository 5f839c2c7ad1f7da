import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { request, type IncomingMessage } from "node:http";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { silentLogger } from "../../../base/logger.ts";
import { parseDockerHost } from "../docker-engine.ts";
import { openDockerFixture, printed, type DockerFixture } from "../docker-fixture.ts";
import { createEngineFilter } from "./engine-filter.ts";

const docker = promisify(execFile);
const endpoint = parseDockerHost(process.env["DOCKER_HOST"]);
const upstream = "socketPath" in endpoint ? endpoint.socketPath : "";
const UPGRADE = "Connection: Upgrade\r\nUpgrade: tcp\r\n";

let directory: string;
let socketPath: string;
let server: ReturnType<typeof createEngineFilter>;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), "moorage-filter-"));
  socketPath = join(directory, "docker.sock");
  server = createEngineFilter({ socketPath: upstream, logger: silentLogger });
  await once(server.listen(socketPath), "listening");
});

afterAll(async () => {
  server.close().closeAllConnections();
  await rm(directory, { recursive: true });
});

describe("Moorage behind the filter", () => {
  let fixture: DockerFixture;

  beforeAll(() => {
    fixture = openDockerFixture({ endpoint: { socketPath } });
  });

  afterAll(() => fixture[Symbol.asyncDispose]());

  it("keeps sandboxes: runs with input, files, pauses, stops, figures", async () => {
    const { engine } = fixture;
    const id = await fixture.sandbox();
    const run = await fixture.exec(id, ["cat"], { stdin: Buffer.from("there and back") });
    expect(await printed(run)).toMatchObject({ out: "there and back", exit: { exitCode: 0 } });
    await engine.freezer?.pause(id);
    await engine.freezer?.unpause(id);
    await engine.stop(id, { graceMs: 1000 });
    await engine.start(id);
    expect(await engine.inspect(id)).toMatchObject({ id });
    expect(await fixture.shell(id, "echo again")).toMatchObject({ out: "again\n" });
    await engine.remove(id);
    expect(await engine.inspect(id)).toBeUndefined();
  });

  it("runs jobs, and tells how they ended", async () => {
    const { run } = await fixture.job(["sh", "-c", "echo done; exit 7"]);
    expect(await printed(run)).toMatchObject({ out: "done\n", exit: { exitCode: 7 } });
  });
});

it("Moorage builds images behind the filter, and runs them", async () => {
  await using fixture = openDockerFixture({ endpoint: { socketPath } });
  const image = await fixture.image("FROM busybox:latest\nRUN echo built > /made\n");
  const id = await fixture.sandbox({ image });
  expect(await fixture.shell(id, "cat /made")).toMatchObject({ out: "built\n" });
});

describe("somebody else's container", () => {
  let foreign: string;
  let fixture: DockerFixture;

  beforeAll(async () => {
    const { stdout } = await docker("docker", ["run", "--detach", "--env", "SECRET=hush", "busybox", "sleep", "600"]);
    foreign = stdout.trim();
    fixture = openDockerFixture({ endpoint: { socketPath } });
  });

  afterAll(async () => {
    await fixture[Symbol.asyncDispose]();
    await docker("docker", ["rm", "--force", foreign]);
  });

  it.each([
    ["GET", "json", ""],
    ["GET", "logs?stdout=1", ""],
    ["GET", "archive?path=/etc/passwd", ""],
    ["POST", "stop", ""],
    ["POST", "exec", '{"AttachStdin":false,"AttachStdout":true,"AttachStderr":true,"Tty":false,"Env":[],"Cmd":["id"]}'],
    ["POST", "update", '{"PidsLimit":1}'],
    ["DELETE", "", ""],
  ])("is not there for %s %s", async (method, verb, body) => {
    const path = verb === "" ? "" : `/${verb}`;
    const answer = await ask(method, `/v1.41/containers/${foreign}${path}`, body);
    expect(answer).toMatchObject({ status: 404, body: expect.stringContaining(`Moorage's: ${foreign}`) as string });
    expect(answer.body).not.toContain("hush");
  });

  it("is neither taken into a network nor committed", async () => {
    const connecting = await ask("POST", "/networks/none/connect", JSON.stringify({ Container: foreign }));
    const committing = await ask("POST", `/commit?container=${foreign}&repo=x&tag=y&pause=0`, "{}");
    expect([connecting.status, committing.status]).toEqual([404, 404]);
  });

  it("is not reached behind a call that was let through", async () => {
    const second = `DELETE /containers/${foreign}?force=1 HTTP/1.1\r\nHost: docker\r\nConnection: close\r\n\r\n`;
    const json = '{"Detach":false,"Tty":false}';
    const start = `POST /exec/${"0".repeat(64)}/start HTTP/1.1\r\nHost: docker\r\n${UPGRADE}Content-Length: ${json.length}\r\n\r\n${json}`;
    const get = "GET /_ping HTTP/1.1\r\nHost: docker\r\n";
    const seen = await Promise.all([
      say(`${start}${second}`),
      say(`${get}\r\n${second}`),
      say(`${get}${UPGRADE}\r\n${second}`),
      say(`${get}Content-Length: ${second.length}\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${second}`),
    ]);
    expect(seen.map((answer) => answer.slice(0, 12))).toEqual([
      "HTTP/1.1 404",
      "HTTP/1.1 200",
      "HTTP/1.1 403",
      "HTTP/1.1 400",
    ]);
    expect(seen.filter((answer) => answer.includes("HTTP/1.1 204"))).toEqual([]);
    expect((await docker("docker", ["inspect", "--format", "{{.State.Running}}", foreign])).stdout).toBe("true\n");
  });

  it("leaves a sandbox of Moorage's what it has", async () => {
    const id = await fixture.sandbox();
    expect(await fixture.shell(id, "echo ours")).toMatchObject({ out: "ours\n" });
  });
});

it("an engine that is not there is told as that", async () => {
  const lone = createEngineFilter({ socketPath: join(directory, "nobody.sock"), logger: silentLogger });
  const path = join(directory, "lone.sock");
  await once(lone.listen(path), "listening");
  const sent = request({ socketPath: path, path: "/_ping", agent: false });
  sent.end();
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  expect(answer.statusCode).toBe(502);
  expect(await text(answer)).toBe('{"message":"The engine does not answer."}');
  lone.close();
});

async function ask(method: string, path: string, body: string) {
  const headers = { "content-type": "application/json" };
  const sent = request({ socketPath, method, path, agent: false, headers });
  sent.end(body);
  const [answer] = (await once(sent, "response")) as [IncomingMessage];
  return { status: answer.statusCode, body: await text(answer) };
}

/** Says it as it is, and answers all that comes back until the connection closes. */
async function say(words: string): Promise<string> {
  const socket = connect(socketPath);
  socket.write(words);
  return text(socket);
}
