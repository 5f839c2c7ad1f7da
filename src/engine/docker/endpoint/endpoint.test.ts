import { describe, expect, test } from "vitest";
import { failureOf } from "../docker-fixture.ts";
import { endpointName, isRemote, parseDockerHost } from "./endpoint.ts";
import { sshArguments } from "./ssh-tunnel.ts";

describe("DOCKER_HOST", () => {
  test.each([
    [undefined, { socketPath: "/var/run/docker.sock" }],
    ["", { socketPath: "/var/run/docker.sock" }],
    ["unix:///run/user/1000/docker.sock", { socketPath: "/run/user/1000/docker.sock" }],
    ["npipe:////./pipe/docker_engine", { socketPath: "//./pipe/docker_engine" }],
    ["tcp://10.0.0.1:2375", { host: "10.0.0.1", port: 2375 }],
    ["tcp://engine.example", { host: "engine.example", port: 2375 }],
    ["tcp://engine.example:80/", { host: "engine.example", port: 80 }],
    ["tcp://[::1]:2375", { host: "::1", port: 2375 }],
    ["http://127.0.0.1:9000", { host: "127.0.0.1", port: 9000 }],
    ["https://host:2376", { host: "host", port: 2376 }],
    ["npipe:////server/pipe/engine", { socketPath: "//server/pipe/engine" }],
    [String.raw`npipe://\\.\pipe\docker_engine`, { socketPath: "//./pipe/docker_engine" }],
    ["ssh://far", { ssh: { host: "far", socketPath: "/var/run/docker.sock" } }],
    ["ssh://me@far:22/", { ssh: { user: "me", host: "far", port: 22, socketPath: "/var/run/docker.sock" } }],
    ["ssh://[::1]:22/run/x.sock", { ssh: { host: "::1", port: 22, socketPath: "/run/x.sock" } }],
  ])("%s", (value, endpoint) => {
    expect(parseDockerHost(value)).toEqual(endpoint);
  });

  test.each([
    [String.raw`npipe:\\.\pipe\docker_engine`],
    ["docker.sock"],
    ["unix://relative"],
    ["npipe:////./docker_engine"],
    ["npipe:///run/docker.sock"],
    ["tcp://"],
    ["tcp://host:port"],
    ["tcp://user@host:1"],
    ["tcp://host:1/path"],
    ["ftp://host"],
    ["ssh://"],
    ["ssh://-oProxyCommand=x"],
    ["ssh://-l@host"],
    ["ssh://host:0"],
    ["ssh://host:65536"],
    ["ssh://host/a:b"],
    ["ssh://host name"],
  ])("%s is INVALID_INPUT, with the value and the expectation", async (value) => {
    const { code, message } = await failureOf(() => parseDockerHost(value));
    const expected = "unix:///path, npipe:////./pipe/name, tcp://host:port or ssh://user@host";
    expect({ code, message }).toEqual({
      code: "INVALID_INPUT",
      message: `DOCKER_HOST is "${value}"; expected ${expected}.`,
    });
  });

  test.each([
    "unix:///run/docker.sock",
    "npipe:////./pipe/docker_engine",
    "tcp://host:2375",
    "tcp://[::1]:2375",
    "ssh://me@host:2222/run/docker.sock",
    "ssh://[fe80::1]/run/docker.sock",
  ])("%s is written as it was read", (value) => {
    expect(endpointName(parseDockerHost(value))).toBe(value);
  });
});

describe("another machine", () => {
  test.each([
    ["unix:///run/docker.sock", false],
    ["tcp://127.0.0.1:2375", false],
    ["tcp://[::1]:2375", false],
    ["tcp://10.0.0.1:2376", true],
    ["tcp://127.example.org:2376", true],
    ["ssh://localhost", true],
  ])("%s: %s", (value, remote) => {
    expect(isRemote(parseDockerHost(value))).toBe(remote);
  });
});

describe("the arguments of ssh", () => {
  test("end its options before the host, and forward a socket to a socket", () => {
    const target = { user: "me", host: "far", port: 2222, socketPath: "/run/docker.sock", configFile: "/c" };
    const args = sshArguments(target, "/tmp/x/engine.sock");
    expect(args.slice(0, 2)).toEqual(["-F", "/c"]);
    expect(args).toContain("BatchMode=yes");
    expect(args.slice(args.indexOf("-T"))).toEqual([
      ...["-T", "-L", "/tmp/x/engine.sock:/run/docker.sock", "-l", "me", "-p", "2222", "--", "far", "cat"],
    ]);
  });
});
