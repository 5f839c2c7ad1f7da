import { existsSync } from "node:fs";
import { readFile, stat } from "node:fs/promises";
import { expect, test } from "vitest";
import { createSeccompFile } from "./seccomp-file.ts";
import { seccompProfile } from "./seccomp-profile.ts";

test("the filter is written once, for its owner alone, and goes with the engine", async () => {
  const file = createSeccompFile({ endpoint: { socketPath: "/run/podman/podman.sock" } });
  const path = (await file.path()) ?? "";
  expect(await file.path()).toBe(path);
  expect(JSON.parse(await readFile(path, "utf8"))).toEqual(seccompProfile());
  expect((await stat(path)).mode & 0o077).toBe(0);
  await file[Symbol.asyncDispose]();
  expect(existsSync(path)).toBe(false);
});

test("an engine on another machine has no use for it", async () => {
  await using file = createSeccompFile({ endpoint: { host: "docker.example", port: 2375 } });
  expect(await file.path()).toBeUndefined();
});
