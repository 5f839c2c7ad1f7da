import { expect, test } from "vitest";
import { registryError } from "./registry-errors.ts";

test.each([
  ["IMAGE_NOT_FOUND", "manifest for python:no-such not found: manifest unknown: manifest unknown"],
  [
    "IMAGE_NOT_FOUND",
    "pull access denied for nope, repository does not exist or may require 'docker login': denied: requested access to the resource is denied",
  ],
  ["IMAGE_NOT_FOUND", 'Error response from daemon: failed to resolve reference "x": x: not found'],
  ["IMAGE_UNAVAILABLE", 'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: no such host'],
  [
    "IMAGE_UNAVAILABLE",
    'Get "https://registry-1.docker.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
  ],
  ["IMAGE_UNAVAILABLE", 'Get "http://127.0.0.1:1/v2/": dial tcp 127.0.0.1:1: connect: connection refused'],
  ["IMAGE_UNAVAILABLE", "toomanyrequests: You have reached your pull rate limit."],
  ["DISK_FULL", "failed to register layer: write /x: no space left on device"],
  ["ENGINE_FAILED", "failed to register layer: exit status 1"],
])("%s: %s", (code, words) => {
  const error = registryError("python:no-such", words);
  expect(error.code).toBe(code);
  expect(error.message).toContain("python:no-such");
});
