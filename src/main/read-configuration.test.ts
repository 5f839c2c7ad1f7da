import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { readConfiguration } from "./read-configuration.ts";

let home = "";
beforeEach(async () => {
  home = await mkdtemp(join(tmpdir(), "moorage-configuration-"));
});
afterEach(() => rm(home, { recursive: true }));

const file = (settings: unknown) => writeFile(join(home, "moorage.config.json"), JSON.stringify(settings));

describe("the configuration", () => {
  it("has defaults", async () => {
    expect(await readConfiguration({ MOORAGE_HOME: home })).toMatchObject({
      image: "python:3.11-slim",
      maxima: { pids: 4096 },
      graceMs: 500,
    });
  });

  it("takes the environment over the file over the defaults", async () => {
    await file({ image: "from-file", maxima: { pids: 10, cpus: 2 }, graceMs: 5 });
    const read = await readConfiguration({ MOORAGE_HOME: home, MOORAGE_IMAGE: "from-env", MOORAGE_MAX_PIDS: "20" });
    expect(read).toMatchObject({ image: "from-env", maxima: { pids: 20, cpus: 2 }, graceMs: 5 });
  });

  it("reads the names that job pipelines set", async () => {
    const read = await readConfiguration({
      MOORAGE_HOME: home,
      DOCKER_IMAGE_NAME: "agents",
      DOCKER_IMAGE_TAG: "v2",
      DOCKER_TIMEOUT_SECONDS: "300",
      DOCKER_MEMORY_LIMIT: "512m",
      DOCKER_CPU_LIMIT: "1.5",
    });
    expect(read.agent).toEqual({ image: "agents:v2", timeoutMs: 300_000, memoryBytes: 536_870_912, cpus: 1.5 });
  });

  it.each([
    [{ MOORAGE_MAX_MEMORY: "lots" }, 'MOORAGE_MAX_MEMORY is "lots"; expected a size, such as 4g.'],
    [{ DOCKER_TIMEOUT_SECONDS: "-3" }, 'DOCKER_TIMEOUT_SECONDS is "-3"; expected seconds, such as 120.'],
    [{ MOORAGE_ENGINE: "podman" }, "engine: "],
    [{ MOORAGE_URL: "nowhere" }, "url: "],
  ])("refuses %j", async (variables, message) => {
    const attempt = readConfiguration({ MOORAGE_HOME: home, ...variables });
    await expect(attempt).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(message) as string,
    });
  });

  it("refuses a file that is no JSON, no object, or has unknown settings", async () => {
    const refused = async () =>
      expect(readConfiguration({ MOORAGE_HOME: home })).rejects.toMatchObject({ code: "INVALID_INPUT" });
    await writeFile(join(home, "moorage.config.json"), "{");
    await refused();
    await file([]);
    await refused();
    await file({ imagee: "x" });
    await refused();
  });
});
