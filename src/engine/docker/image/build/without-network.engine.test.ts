import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dockerfileAlone } from "../../../../base/dockerfile-alone.ts";
import { newId } from "../../../../base/ids.ts";
import { silentLogger } from "../../../../base/logger.ts";
import type { BuildEvent, BuildSpec, BuiltImage, ImageStore } from "../../../engine.ts";
import { failureOf, openDockerFixture, type DockerFixture } from "../../docker-fixture.ts";
import { createEnforcer } from "../../network/enforcer.ts";
import { asRoot } from "../../network/testing/as-root.ts";
import { createUnitNetworks } from "../../network/unit-networks.ts";
import { createImageStore } from "../images.ts";

type Outcome = BuiltImage & {
  readonly bridges: number;
  readonly events: readonly BuildEvent[];
  readonly left: readonly string[];
};

asRoot(() => {
  describe("a build that needs a network perhaps", { timeout: 120_000 }, () => {
    let docker: DockerFixture;
    let images: ImageStore;
    let bridges: number;
    let tags: string[];
    let cache: string[];

    beforeEach(() => {
      docker = openDockerFixture();
      const { api, labels } = docker;
      const enforcer = createEnforcer(api);
      const networks = createUnitNetworks({ api, labels, enforcer });
      [bridges, tags, cache] = [0, [], []];
      const ensure: typeof networks.ensure = (wish) => {
        bridges += 1;
        return networks.ensure(wish);
      };
      const context = { api, logger: silentLogger, networks: { ...networks, ensure }, enforcer, retryMs: [] };
      images = createImageStore(context);
    });
    afterEach(async () => {
      for (const tag of tags) await images.remove(tag);
      await images.removeCache(cache);
      await docker[Symbol.asyncDispose]();
    });

    async function build(steps: readonly string[], wish: Partial<BuildSpec> = {}): Promise<Outcome> {
      const tag = `moorage-test/${newId()}:1`;
      tags.push(tag);
      const before = bridges;
      const events: BuildEvent[] = [];
      const left: string[] = [];
      const context = dockerfileAlone(["FROM busybox:latest", ...steps, ""].join("\n"));
      const image = await images.build(
        { tag, context, labels: {}, network: "open", networkIfNeeded: true, ...wish },
        {
          onEvent: (event) => void events.push(event),
          onLeft: (ids) => {
            left.push(...ids);
            cache.push(...ids);
          },
        },
      );
      return { ...image, bridges: bridges - before, events, left };
    }

    const stepsOf = ({ events }: Outcome) => events.flatMap((event) => (event.type === "step" ? [event.step] : []));
    const cachedOf = ({ events }: Outcome) => events.flatMap((event) => (event.type === "cached" ? [event.step] : []));
    const printedBy = ({ events }: Outcome) => events.flatMap((event) => (event.type === "output" ? event.lines : []));

    test("has none where every step is in the cache, and is told as any other", async () => {
      const steps = [`ENV OWN=${newId()}`, "RUN echo once", "RUN echo twice"];
      const first = await build(steps);
      const second = await build(steps);
      expect(second).toMatchObject({ id: first.id, bridges: 0, steps: 4, cachedSteps: 3, left: [] });
      expect([stepsOf(second), cachedOf(second), printedBy(second)]).toEqual([[1, 2, 3, 4], [2, 3, 4], []]);
    });

    test("has none where no step runs anything", async () => {
      const built = await build([`ENV OWN=${newId()}`, "COPY Dockerfile /there"]);
      expect(built).toMatchObject({ bridges: 0, steps: 3, cachedSteps: 0 });
      expect(built.left).toHaveLength(1);
    });

    test("has one where a step has to run, which runs once, on it, and what was done before is not told as cached", async () => {
      const own = newId();
      const built = await build([`ENV OWN=${own}`, "COPY Dockerfile /there", "RUN ls /sys/class/net; echo $OWN"]);
      expect(built).toMatchObject({ bridges: 1, steps: 4, cachedSteps: 0 });
      expect([stepsOf(built), cachedOf(built)]).toEqual([[1, 2, 3, 4], []]);
      const printed = printedBy(built);
      expect(printed.filter((line) => line === own)).toHaveLength(1);
      expect(printed).toContain("eth0");
      expect(built.left).toHaveLength(2);
    });

    test("has one for the first step that is not in the cache, and tells those before as cached", async () => {
      const steps = [`ENV OWN=${newId()}`, "RUN echo once"];
      await build(steps);
      const built = await build([...steps, `RUN echo ${newId()}`]);
      expect([built.bridges, built.cachedSteps, cachedOf(built)]).toEqual([1, 2, [2, 3]]);
    });

    test("has one for all its steps where it wants no cache", async () => {
      const steps = [`ENV OWN=${newId()}`, "RUN echo once"];
      const first = await build(steps);
      const built = await build(steps, { noCache: true });
      expect([built.bridges, built.cachedSteps, printedBy(built)]).toEqual([1, 0, ["once"]]);
      expect(built.id).not.toBe(first.id);
    });

    test("has one for what a base adds, though it runs nothing itself", async () => {
      const base = await docker.image(`FROM busybox:latest\nENV OWN=${newId()}\nONBUILD RUN ls /sys/class/net\n`);
      const built = await build([], { context: dockerfileAlone(`FROM ${base}\n`) });
      expect(built.bridges).toBe(1);
      // The engine ends its own words before them with no line.
      expect(printedBy(built).join("\n")).toContain("eth0");
    });

    test("tells its own failure", async () => {
      const { code, details } = await failureOf(build([`ENV OWN=${newId()}`, "COPY missing /"]));
      expect([code, details["step"]]).toEqual(["IMAGE_BUILD_FAILED", 3]);
      expect((await failureOf(build([`RUN echo ${newId()}; exit 7`]))).details).toMatchObject({ exitCode: 7, step: 2 });
    });
  });
});
