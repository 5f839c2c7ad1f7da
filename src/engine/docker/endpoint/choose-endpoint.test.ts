import { createHash } from "node:crypto";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { failureOf } from "../docker-fixture.ts";
import { chooseEndpoint, type EndpointWish } from "./choose-endpoint.ts";

let configDirectory: string;
const servers: Server[] = [];

beforeEach(async () => {
  configDirectory = await mkdtemp(join(tmpdir(), "moorage-endpoint-"));
});
afterEach(async () => {
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
  await rm(configDirectory, { recursive: true });
});

const choose = (wish: Partial<EndpointWish> = {}) => chooseEndpoint({ configDirectory, ...wish });

/** A context as `docker context create` writes it. */
async function context(name: string, docker: object, tls: Readonly<Record<string, string>> = {}): Promise<void> {
  const hash = createHash("sha256").update(name).digest("hex");
  const meta = join(configDirectory, "contexts", "meta", hash);
  await mkdir(meta, { recursive: true });
  await writeFile(join(meta, "meta.json"), JSON.stringify({ Name: name, Metadata: {}, Endpoints: { docker } }));
  const directory = join(configDirectory, "contexts", "tls", hash, "docker");
  await mkdir(directory, { recursive: true });
  for (const [file, text] of Object.entries(tls)) await writeFile(join(directory, file), text);
}

const use = (currentContext: string) =>
  writeFile(join(configDirectory, "config.json"), JSON.stringify({ currentContext }));

async function listen(path: string): Promise<void> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => void server.listen(path, resolve));
}

describe("the order", () => {
  test("DOCKER_HOST goes over DOCKER_CONTEXT, over the current context", async () => {
    await context("named", { Host: "unix:///named.sock" });
    await context("current", { Host: "unix:///current.sock" });
    await use("current");
    expect(await choose({ host: "unix:///host.sock", context: "named" })).toEqual({
      endpoint: { socketPath: "/host.sock" },
      reason: "DOCKER_HOST",
      asked: true,
    });
    expect(await choose({ host: "", context: "named" })).toMatchObject({
      endpoint: { socketPath: "/named.sock" },
      reason: 'the Docker context "named" (DOCKER_CONTEXT)',
    });
    expect(await choose()).toMatchObject({
      endpoint: { socketPath: "/current.sock" },
      reason: `the Docker context "current" (the current one in ${configDirectory}/config.json)`,
    });
  });

  test("the context `default` and a configuration without one are what is found", async () => {
    await use("current");
    expect(await choose({ context: "default" })).toMatchObject({ asked: false });
    await writeFile(join(configDirectory, "config.json"), '{ "auths": {} }');
    expect(await choose()).toMatchObject({ asked: false });
  });
});

describe("what is found", () => {
  test("without the usual socket it is this user's own engine, Docker before Podman", async () => {
    await mkdir(join(configDirectory, "podman"));
    await listen(join(configDirectory, "podman/podman.sock"));
    const usual = join(configDirectory, "absent.sock");
    const wish = { runtimeDirectory: configDirectory, usualSocket: usual };
    expect(await choose(wish)).toEqual({
      endpoint: { socketPath: join(configDirectory, "podman/podman.sock") },
      reason: "this user's Podman",
      asked: false,
    });
    await listen(join(configDirectory, "docker.sock"));
    expect(await choose(wish)).toMatchObject({ reason: "this user's rootless Docker" });
    await listen(usual);
    expect(await choose(wish)).toMatchObject({ endpoint: { socketPath: usual }, reason: "the usual socket" });
  });

  test("on Windows it is the usual pipe", async () => {
    expect(await choose({ system: "win32" })).toMatchObject({ endpoint: { socketPath: "//./pipe/docker_engine" } });
  });
});

describe("TLS", () => {
  const files = { "ca.pem": "CA", "cert.pem": "CERT", "key.pem": "KEY" };

  test("comes from DOCKER_CERT_PATH, or lies beside a context", async () => {
    for (const [name, text] of Object.entries(files)) await writeFile(join(configDirectory, name), text);
    const tls = { ca: "CA", cert: "CERT", key: "KEY" };
    const host = "tcp://10.0.0.1:2376";
    expect(await choose({ host, tlsVerify: true })).toMatchObject({ endpoint: { host: "10.0.0.1", port: 2376, tls } });
    await context("far", { Host: host }, files);
    expect(await choose({ context: "far" })).toMatchObject({ endpoint: { host: "10.0.0.1", port: 2376, tls } });
  });

  test("is needed on the way to another machine, unless that is allowed", async () => {
    const host = "tcp://10.0.0.1:2375";
    expect(await failureOf(choose({ host }))).toMatchObject({
      code: "ENGINE_UNSUPPORTED",
      message: `The engine at ${host} would be used without TLS: who reads that network owns its machine.`,
      hint: expect.stringContaining("MOORAGE_DOCKER_PLAIN_TCP=1") as string,
    });
    expect(await choose({ host, allowPlainTcp: true })).toMatchObject({ endpoint: { host: "10.0.0.1", port: 2375 } });
    expect(await choose({ host: "tcp://127.0.0.1:2375" })).toMatchObject({ endpoint: { host: "127.0.0.1" } });
  });

  test.each([
    [{}, "ca.pem, which proves that the engine is the right one"],
    [{ "ca.pem": "CA", "key.pem": "KEY" }, "cert.pem, since a client's certificate needs its key"],
    [{ "ca.pem": "CA", "cert.pem": "CERT" }, "key.pem, since a client's certificate needs its key"],
  ])("with %j alone is INVALID_INPUT", async (given, expected) => {
    for (const [name, text] of Object.entries(given)) await writeFile(join(configDirectory, name), text);
    const wish = { host: "tcp://10.0.0.1:2376", tlsVerify: true, certPath: configDirectory };
    expect(await failureOf(choose(wish))).toMatchObject({
      code: "INVALID_INPUT",
      message: `DOCKER_CERT_PATH is "${configDirectory}"; expected a directory with ${expected}.`,
      hint: expect.stringContaining("protect-access") as string,
    });
  });

  test("that a context does not verify is ENGINE_UNSUPPORTED", async () => {
    await context("far", { Host: "tcp://10.0.0.1:2376", SkipTLSVerify: true });
    expect(await failureOf(choose({ context: "far" }))).toMatchObject({
      code: "ENGINE_UNSUPPORTED",
      message: 'The Docker context "far" does not verify its engine\'s name.',
      hint: expect.stringContaining("docker context update far") as string,
    });
  });
});

describe("a context that cannot be used", () => {
  test("is INVALID_INPUT, and the hint lists them", async () => {
    expect(await failureOf(choose({ context: "../../etc" }))).toMatchObject({
      code: "INVALID_INPUT",
      message: 'The Docker context is "../../etc"; expected one of this user\'s.',
      hint: expect.stringContaining("docker context ls") as string,
    });
    await writeFile(join(configDirectory, "config.json"), "{");
    expect(await failureOf(choose())).toMatchObject({
      code: "INVALID_INPUT",
      message: `${configDirectory}/config.json is not what Docker writes there.`,
    });
  });

  test.each([
    [{}, 'The Docker context "odd" has no address of an engine'],
    [{ Host: "gopher://x" }, 'The address of the Docker context "odd" is "gopher://x"; expected unix:///path'],
  ])("with %j says what is wrong", async (docker, message) => {
    await context("odd", docker);
    expect(await failureOf(choose({ context: "odd" }))).toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(message) as string,
    });
  });
});
