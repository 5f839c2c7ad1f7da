import { describe, expect, test, vi } from "vitest";
import { z } from "zod";
import { dockerfileAlone } from "../../../../base/dockerfile-alone.ts";
import { newId } from "../../../../base/ids.ts";
import { silentLogger } from "../../../../base/logger.ts";
import type { BuildEvent } from "../../../engine.ts";
import { DEPLOYMENT_LABEL } from "../../../unit-labels.ts";
import { failureOf, openDockerFixture, removeImage } from "../../docker-fixture.ts";
import { createEnforcer } from "../../network/enforcer.ts";
import { asRoot } from "../../network/testing/as-root.ts";
import { useReach } from "../../network/testing/use-reach.ts";
import { mangleRules } from "../../network/testing/rules.ts";
import { interfaceName } from "../../network/bridge.ts";
import { createUnitNetworks, LONGEST_BUILD_MS } from "../../network/unit-networks.ts";
import { createImageStore } from "../images.ts";

const LONG = 120_000;
const NetworksReply = z.array(z.object({ Name: z.string() }));

asRoot(() => {
  describe("what a step of a build reaches, tried from inside", () => {
    const reach = useReach();

    /** The names of what answered, the bridge's own gateway among them. */
    async function reached(place: { readonly network?: "open" }): Promise<readonly string[]> {
      const gateway = `gateway=$(ip route | sed -n 's/^default via \\([^ ]*\\).*/\\1/p')`;
      // A script of its own each time, so that no build takes another's layer.
      const script = `: ${newId()}\n${gateway}\n${reach.attempts('"$gateway"')}\necho "by $gateway"`;
      const lines = await build(script, place);
      expect(lines).toEqual(expect.arrayContaining([expect.stringMatching(/^by [0-9.]+$/)]));
      return lines.filter((line) => reach.names().includes(line)).toSorted();
    }

    async function build(script: string, place: { readonly network?: "open" }): Promise<readonly string[]> {
      const tag = `moorage-test/${newId()}:1`;
      const context = dockerfileAlone(`FROM busybox:latest\nRUN ${JSON.stringify(["sh", "-c", script])}\n`);
      const lines: string[] = [];
      const labels = { "moorage.test": "1" };
      try {
        await reach.docker.engine.images?.build(
          { tag, context, labels, ...place },
          { onEvent: (event) => void (event.type === "output" && lines.push(...event.lines)) },
        );
      } finally {
        await removeImage(reach.docker.api, tag);
      }
      return lines;
    }

    async function bridges(): Promise<readonly string[]> {
      const filters = JSON.stringify({ label: [`${DEPLOYMENT_LABEL}=${reach.docker.labels.deployment}`] });
      const found = await reach.docker.api.json(
        { method: "GET", path: "/networks", query: { filters } },
        NetworksReply,
      );
      return found.map(({ Name }) => Name);
    }

    test("as a control, without a policy it reaches everything", { timeout: LONG }, async () => {
      expect(await reached({})).toEqual(reach.names().toSorted());
    });

    test("open reaches the internet and nothing of the host; its bridge goes", { timeout: LONG }, async () => {
      expect(await reached({ network: "open" })).toEqual(["dns", "internet"]);
      expect(await bridges()).toEqual([]);
    });

    test("the bridge is no unit while the build lasts, and goes when it fails or is canceled", async () => {
      const tag = `moorage-test/${newId()}:1`;
      const script = JSON.stringify(["sh", "-c", `: ${newId()}; echo started; sleep 60`]);
      const giveUp = new AbortController();
      const context = dockerfileAlone(`FROM busybox:latest\nRUN ${script}\n`);
      let started = false;
      const onEvent = (event: BuildEvent): void =>
        void (started ||= event.type === "output" && event.lines.includes("started"));
      const spec = { tag, context, labels: {}, network: "open" } as const;
      const { images } = reach.docker.engine;
      if (images === undefined) throw new Error("The engine docker has images.");
      const building = failureOf(images.build(spec, { signal: giveUp.signal, onEvent }));
      await expect.poll(() => started, { timeout: 30_000 }).toBe(true);
      const [name = ""] = await bridges();
      const chain = interfaceName(name.replace("moorage-", ""));
      expect(await mangleRules("iptables")).toContain(chain);
      expect(await reach.docker.engine.list()).toEqual([]);
      giveUp.abort();
      expect((await building).code).toBe("CANCELED");
      expect(await bridges()).toEqual([]);
      expect(await mangleRules("iptables")).not.toContain(chain);
      await failureOf(images.build({ ...spec, context: dockerfileAlone("FROM busybox:latest\nCOPY missing /\n") }, {}));
      expect(await bridges()).toEqual([]);
    });

    test("one that an ended process has left is found when no build can be using it", async () => {
      const { api, labels, engine } = reach.docker;
      const id = newId();
      const networks = createUnitNetworks({ api, labels, enforcer: createEnforcer(api) });
      await networks.ensure({ id, kind: "job", network: "open", forBuild: true });
      expect(await engine.list()).toEqual([]);
      vi.useFakeTimers({ toFake: ["Date"], now: Date.now() + LONGEST_BUILD_MS });
      try {
        expect(await engine.list()).toMatchObject([{ id, state: "exited" }]);
      } finally {
        vi.useRealTimers();
      }
      await engine.remove(id);
      expect(await bridges()).toEqual([]);
      expect(await mangleRules("iptables")).not.toContain(interfaceName(id));
    });
  });
});

test("where open cannot be kept, a build with network is refused before anything is asked for", async () => {
  await using docker = openDockerFixture();
  const refused = { enforced: false, reason: "it is elsewhere", fix: "Bring it here." } as const;
  const enforcer = { ...createEnforcer(docker.api), enforcement: () => Promise.resolve(refused) };
  const networks = createUnitNetworks({ api: docker.api, labels: docker.labels, enforcer });
  const images = createImageStore({ api: docker.api, logger: silentLogger, networks, enforcer, retryMs: [] });
  const spec = { tag: `moorage-test/${newId()}:1`, context: dockerfileAlone("FROM busybox:latest\n"), labels: {} };
  const { code, message, hint } = await failureOf(images.build({ ...spec, network: "open" }, {}));
  expect(code).toBe("ENGINE_UNSUPPORTED");
  expect(message).toContain(
    'the network policy "open", which cannot be enforced by the docker engine: it is elsewhere.',
  );
  expect(hint).toBe("Bring it here. Or name an image that has what the build would install.");
  expect(await images.find(spec.tag)).toBeUndefined();
});
