import { expect, test } from "vitest";

import { answeringEngine } from "./answering-engine.ts";
import { engineAddresses, engineEnvironment, engineJson, formatEngineHost, parseEngineHost } from "./engine-http.ts";

const signal = () => AbortSignal.timeout(10_000);

test.for([
  ["unix:///run/user/1000/docker.sock", { kind: "unix", path: "/run/user/1000/docker.sock" }],
  ["tcp://engine:2375", { kind: "tcp", host: "engine", port: 2375, certificates: undefined }],
  ["tcp://[::1]:99", { kind: "tcp", host: "::1", port: 99, certificates: undefined }],
  ["tcp://engine", { kind: "tcp", host: "engine", port: 2375, certificates: undefined }],
] as const)("DOCKER_HOST=%s is understood, and written the same", ([host, address]) => {
  expect(parseEngineHost(host, {})).toEqual(address);
  expect(formatEngineHost(address)).toBe(host === "tcp://engine" ? "tcp://engine:2375" : host);
});

test("TLS is taken from Docker's own variables", () => {
  const environment = { DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: "/certs" };
  expect(parseEngineHost("tcp://engine", environment)).toMatchObject({ port: 2376, certificates: "/certs" });
});

test.for(["ssh://user@engine", "npipe:////./pipe/docker_engine", "engine:2375", ""])("%j is not an address", (host) => {
  expect(parseEngineHost(host, {})).toBeUndefined();
});

test("DOCKER_HOST is the only address where it is set", () => {
  expect(engineAddresses({ DOCKER_HOST: "unix:///a.sock", XDG_RUNTIME_DIR: "/run/user/7" })).toEqual([
    { kind: "unix", path: "/a.sock" },
  ]);
  expect(engineAddresses({ DOCKER_HOST: "ssh://user@engine" })).toEqual([]);
  const usual = engineAddresses({ XDG_RUNTIME_DIR: "/run/user/7" });
  expect(usual[0]).toEqual({ kind: "unix", path: "/var/run/docker.sock" });
  expect(usual.at(-1)).toEqual({ kind: "unix", path: "/run/user/7/docker.sock" });
});

test("only an unusual address has to be told to other programs", () => {
  expect(engineEnvironment({ kind: "unix", path: "/var/run/docker.sock" })).toEqual({});
  expect(engineEnvironment({ kind: "unix", path: "/a.sock" })).toEqual({ DOCKER_HOST: "unix:///a.sock" });
});

test("a refusal carries the engine's status and message", async () => {
  await using engine = await answeringEngine((_request, response) => {
    response.writeHead(404, { "content-type": "application/json" }).end('{"message":"No such image: x"}');
  });
  const asked = engineJson(engine.address, { method: "GET", path: "/images/x/json", signal: signal() });
  await expect(asked).rejects.toMatchObject({ name: "EngineRefusal", status: 404, message: "No such image: x" });
});

test("an engine that never answers is given up at the deadline", async () => {
  await using engine = await answeringEngine(() => undefined);
  const deadline = AbortSignal.timeout(50);
  const asked = engineJson(engine.address, { method: "GET", path: "/_ping", signal: deadline });
  await expect(asked).rejects.toThrow(/abort/i);
});
