import { expect, test } from "vitest";

import { answeringEngine } from "./answering-engine.ts";
import { pullImage, saysUnreachable } from "./pull-image.ts";

test.for([
  'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io on 10.0.0.53:53: no such host',
  'Get "https://registry-1.docker.io/v2/": dial tcp 127.0.0.1:443: connect: connection refused',
  'Get "https://registry-1.docker.io/v2/": net/http: request canceled while waiting for connection (Client.Timeout exceeded while awaiting headers)',
  'Get "https://registry-1.docker.io/v2/": dial tcp: lookup registry-1.docker.io: Temporary failure in name resolution',
  'Get "https://registry-1.docker.io/v2/": x509: certificate signed by unknown authority',
  'Get "https://registry-1.docker.io/v2/": proxyconnect tcp: dial tcp 10.0.0.1:3128: i/o timeout',
  'Head "https://registry-1.docker.io/v2/library/busybox/manifests/latest": EOF',
])("nobody answered: %s", (message) => {
  expect(saysUnreachable(message)).toBe(true);
});

test.for([
  "pull access denied for nope, repository does not exist or may require 'docker login'",
  "manifest for busybox:nope not found: manifest unknown: manifest unknown",
  "toomanyrequests: You have reached your pull rate limit.",
  "no matching manifest for linux/riscv64 in the manifest list entries",
])("a registry answered: %s", (message) => {
  expect(saysUnreachable(message)).toBe(false);
});

const signal = () => AbortSignal.timeout(10_000);
const image = "registry.example:5000/team/app:1.2";

test("an image is asked for by name and tag", async () => {
  const asked: string[] = [];
  await using engine = await answeringEngine((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.end('{"status":"Pulling from team/app"}\n{"status":"Status: Downloaded"}\n');
  });
  expect(await pullImage({ engine: engine.address, image, signal: signal() })).toEqual({ kind: "pulled" });
  expect(asked).toEqual(["POST /images/create?fromImage=registry.example%3A5000%2Fteam%2Fapp&tag=1.2"]);
});

test("a failure in the middle of the progress is a refusal with its message", async () => {
  await using engine = await answeringEngine((_request, response) => {
    response.end('{"status":"Pulling from team/app"}\n{"error":"manifest unknown"}\n');
  });
  const outcome = await pullImage({ engine: engine.address, image, signal: signal() });
  expect(outcome).toEqual({ kind: "refused", message: "manifest unknown" });
});

test("an engine that reports nothing for too long reaches no registry", async () => {
  await using engine = await answeringEngine(() => undefined);
  const outcome = await pullImage({ engine: engine.address, image, signal: signal(), silenceMs: 50 });
  expect(outcome).toEqual({ kind: "unreachable", message: `no answer for ${image} within 50 ms` });
});
