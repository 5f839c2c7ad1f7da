import { setTimeout as delay } from "node:timers/promises";
import { expect, test } from "vitest";
import { z } from "zod";
import { startRegistry } from "../../../../test/fixtures/registry/registry.ts";
import { newId } from "../../../base/ids.ts";
import { openDockerFixture } from "../docker-fixture.ts";

const ImageNames = z.object({ RepoTags: z.array(z.string()), RepoDigests: z.array(z.string()) });
const ATTEMPTS = 24;
/** Long after the engine has let go of the last one. */
const AFTERWARDS_MS = 1_000;

test(
  "a push that is given up at any moment leaves no name of its image, and no digest",
  { timeout: 120_000 },
  async () => {
    await using fixture = openDockerFixture();
    await using registry = await startRegistry();
    const { images } = fixture.engine;
    if (images === undefined) throw new Error("The engine docker has images.");
    const image = await fixture.image(`FROM busybox:latest\nENV OWN=${newId()}\n`);
    const push = async (signal?: AbortSignal): Promise<number> => {
      const to = `${registry.host}/team/${newId()}:1`;
      await images.tag(image, to);
      const begin = performance.now();
      await images.push(to, { signal }).catch(() => undefined);
      const tookMs = performance.now() - begin;
      await images.remove(to);
      return tookMs;
    };
    await push();
    const wholeMs = await push();
    // The end is where an engine goes on.
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      await push(AbortSignal.timeout(Math.round(wholeMs * (0.4 + (0.8 * attempt) / ATTEMPTS))));
    }
    await delay(AFTERWARDS_MS);
    const left = await fixture.api.json({ method: "GET", path: `/images/${image}/json` }, ImageNames);
    for (const digest of left.RepoDigests) await fixture.api.send({ method: "DELETE", path: `/images/${digest}` });
    expect(left).toEqual({ RepoTags: [image], RepoDigests: [] });
  },
);
