import { expect, test } from "vitest";
import { parseImageReference } from "../../../base/image-reference.ts";
import { Secret } from "../../../base/secret.ts";
import { registryError } from "./registry-errors.ts";

const reference = parseImageReference("python:no-such");
const auth = { host: "docker.io", username: "ann", password: new Secret("hunter2") };

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
  ["ENGINE_FAILED", "failed to register layer: lchown /x: permission denied"],
])("%s: %s", (code, words) => {
  const error = registryError({ way: "pull", reference, auth: undefined }, words);
  expect(error.code).toBe(code);
  expect(error.message).toContain("python:no-such");
});

test.each([
  [
    "nobody has logged in",
    { auth: undefined, words: 'Get "https://registry.example/v2/x/manifests/1": no basic auth credentials' },
    "The registry docker.io lets nobody pull python:no-such without a login, and Moorage has none for it.",
  ],
  [
    "the user may not",
    { auth, words: "pull access denied for x, repository does not exist or may require 'docker login': denied: no" },
    "The registry docker.io does not let the user \"ann\" pull python:no-such: pull access denied for x, repository does not exist or may require 'docker login': denied: no",
  ],
  [
    "what was shown comes back",
    { auth, words: "unauthorized: bad hunter2, that is Basic YW5uOmh1bnRlcjI=" },
    'The registry docker.io does not let the user "ann" pull python:no-such: unauthorized: bad [secret], that is Basic [secret]',
  ],
  [
    "a token",
    {
      auth: { host: "docker.io", identityToken: new Secret("token-7") },
      words: "unauthorized: authentication required",
    },
    "The registry docker.io does not let the token that it was shown pull python:no-such: unauthorized: authentication required",
  ],
])("a registry that denies: %s", (_what, { auth, words }, message) => {
  expect(registryError({ way: "pull", reference, auth }, words)).toMatchObject({ code: "REGISTRY_DENIED", message });
});

test.each([
  'Get "https://127.0.0.1:5000/v2/": x509: certificate signed by unknown authority',
  'Get "https://a/v2/": x509: certificate has expired or is not yet valid: current time 2026-12-01T00:00:00Z is after …',
  'Get "https://a/v2/": http: server gave HTTP response to HTTPS client',
])("a registry that the engine cannot trust: %s", (words) => {
  const error = registryError({ way: "push", reference, auth }, words);
  expect(error).toMatchObject({
    code: "REGISTRY_UNTRUSTED",
    message: `The engine does not trust the registry docker.io: ${words}`,
    hint: "Put its CA at /etc/docker/certs.d/docker.io/ca.crt on the engine's host; one that has expired is for the registry to renew.",
  });
});

test.each([
  [
    "Docker",
    `error parsing HTTP 404 response body: invalid character 'N' looking for beginning of value: "No secret-7\\n"`,
  ],
  [
    "Docker, of an answer in JSON",
    'error parsing HTTP 403 response body: no error details found in HTTP response body: "{\\"a\\":\\"secret-7\\"}"',
  ],
  ["Podman", 'initializing source docker://127.0.0.1:1/a:1: reading manifest 1: StatusCode: 404, "<p>\nsecret-7"'],
  ["a long one", `unknown: ${"x".repeat(500)} secret-7`],
])("what answers in place of a registry is not quoted: %s", (_what, words) => {
  const error = registryError({ way: "pull", reference, auth: undefined }, words);
  expect(`${error.message} ${String(error.cause)}`).not.toContain("secret-7");
  expect(error.message.length).toBeLessThan(700);
});
