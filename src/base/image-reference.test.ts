import { describe, expect, test } from "vitest";
import { parseImageReference, registryHost } from "./image-reference.ts";

const DIGEST = `sha256:${"a".repeat(64)}`;

describe("image references", () => {
  test.each([
    ["busybox", "docker.io", "library/busybox", "busybox", "latest"],
    ["python:3.11-slim", "docker.io", "library/python", "python", "3.11-slim"],
    ["library/node:20", "docker.io", "library/node", "node", "20"],
    ["docker.io/node", "docker.io", "library/node", "node", "latest"],
    ["index.docker.io/library/node", "docker.io", "library/node", "node", "latest"],
    ["registry-1.docker.io/a/b", "registry-1.docker.io", "a/b", "registry-1.docker.io/a/b", "latest"],
    ["docker.io/team/app:1", "docker.io", "team/app", "team/app", "1"],
    ["library/team/app", "docker.io", "library/team/app", "library/team/app", "latest"],
    ["localhost/a", "localhost", "a", "localhost/a", "latest"],
    ["localhost:5000/a/b", "localhost:5000", "a/b", "localhost:5000/a/b", "latest"],
    ["localhost:5000/a/b:c", "localhost:5000", "a/b", "localhost:5000/a/b", "c"],
    ["[::1]:5000/a:1", "[::1]:5000", "a", "[::1]:5000/a", "1"],
    ["registry:5000/a", "registry:5000", "a", "registry:5000/a", "latest"],
    ["Registry.example/team/app_x:V1", "Registry.example", "team/app_x", "Registry.example/team/app_x", "V1"],
    ["a--b/c__d.e:_", "docker.io", "a--b/c__d.e", "a--b/c__d.e", "_"],
    [`x.example/${"p".repeat(240)}:${"t".repeat(128)}`, ...longest()],
  ])("%s", (text, ...parts) => {
    const [host, path, repository, version] = parts;
    expect(parseImageReference(text)).toEqual({ host, path, repository, version, whole: `${repository}:${version}` });
  });

  function longest(): [string, string, string, string] {
    return ["x.example", "p".repeat(240), `x.example/${"p".repeat(240)}`, "t".repeat(128)];
  }

  test.each([
    [`python@${DIGEST}`, `python@${DIGEST}`],
    [`python:3@${DIGEST}`, `python@${DIGEST}`],
    [`docker.io/library/python:3@${DIGEST}`, `python@${DIGEST}`],
    [`host.example/a@${DIGEST}`, `host.example/a@${DIGEST}`],
  ])("%s names content", (text, whole) => {
    expect(parseImageReference(text)).toMatchObject({ version: DIGEST, whole });
  });

  test.each([
    "",
    " ",
    "Python",
    "a b",
    "Upper/case",
    "a:",
    "a:b:c",
    "a@sha256:1",
    "a@",
    `a@${DIGEST}@${DIGEST}`,
    `@${DIGEST}`,
    "-a",
    "a//b",
    "/a",
    "a/",
    "a/../b",
    "a:-x",
    "a.example:port/x",
    "https://a.example/x",
    "a___b",
    "x".repeat(300),
    `a:${"t".repeat(129)}`,
    "a\nb",
    "a\n",
    "$(id)",
    "0".repeat(64),
  ])("%j is INVALID_INPUT", (text) => {
    expect(() => parseImageReference(text)).toThrow(
      expect.objectContaining({
        code: "INVALID_INPUT",
        message: `"${text}" is no image reference; expected [registry/]path[:tag][@sha256:digest].`,
      }),
    );
  });

  test.each([
    ["https://index.docker.io/v1/", "docker.io"],
    ["registry-1.docker.io", "docker.io"],
    ["https://GHCR.io", "ghcr.io"],
    ["http://localhost:5000/v2/", "localhost:5000"],
    ["quay.io/team", "quay.io"],
  ])("%s is the registry %s", (text, host) => {
    expect(registryHost(text)).toBe(host);
  });
});
