import { describe, expect, test } from "vitest";
import { failureOf } from "../docker-fixture.ts";
import { endpointName, parseDockerHost } from "./endpoint.ts";

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
  ])("%s", (value, endpoint) => {
    expect(parseDockerHost(value)).toEqual(endpoint);
  });

  test.each(["ssh://me@host", "https://host:2376"])("%s is ENGINE_UNSUPPORTED, with a way around", async (value) => {
    const { code, message, hint } = await failureOf(() => parseDockerHost(value));
    expect(code).toBe("ENGINE_UNSUPPORTED");
    expect(message).toContain(value);
    expect(hint).toContain("ssh -L");
  });

  test.each([
    "docker.sock",
    "unix://relative",
    "tcp://",
    "tcp://host:port",
    "tcp://user@host:1",
    "tcp://host:1/path",
    "ftp://host",
  ])("%s is INVALID_INPUT, with the value and the expectation", async (value) => {
    const { code, message } = await failureOf(() => parseDockerHost(value));
    expect(code).toBe("INVALID_INPUT");
    expect(message).toBe(`DOCKER_HOST is "${value}"; expected unix:///path or tcp://host:port.`);
  });

  test.each(["unix:///run/docker.sock", "tcp://host:2375", "tcp://[::1]:2375"])(
    "%s is written as it was read",
    (value) => {
      expect(endpointName(parseDockerHost(value))).toBe(value);
    },
  );
});
