import { randomBytes } from "node:crypto";
import { expect, it } from "vitest";
import { privatePodman, withPrivatePodman } from "../../../scripts/setup/private-podman.ts";
import { copyImage } from "../../../test/fixtures/private-docker.ts";
import { newId } from "../../base/ids.ts";
import { silentLogger } from "../../base/logger.ts";
import { createDockerEngine } from "../../engine/docker/docker-engine.ts";
import { jobSpec, printed } from "../../engine/docker/docker-fixture.ts";
import { createUnitLabels } from "../../engine/unit-labels.ts";
import { insideCommand } from "./inside-program.ts";
import { judgeInside } from "./judge.ts";
import { probeTargets } from "./targets.ts";

const IMAGE = "python:3.11-slim";

await withPrivatePodman(() => {
  it("the probes find nothing open in a job of Podman's", { timeout: 240_000 }, async () => {
    await using podman = await privatePodman();
    const endpoint = { socketPath: podman.socketPath };
    await copyImage(IMAGE, endpoint);
    const labels = createUnitLabels(newId(), randomBytes(32));
    await using engine = createDockerEngine({ endpoint, labels, logger: silentLogger });
    const spec = { ...jobSpec(insideCommand(probeTargets({ tcp: 1, udp: 1 }))), image: IMAGE };
    try {
      const { out } = await printed(await engine.startJob(spec));
      const outcomes = judgeInside(out, { profile: "job", network: "none" });
      const open = outcomes.filter(({ outcome }) => outcome !== "held");
      expect(open.map(({ probe, message }) => `${probe}: ${message}`)).toEqual(["sibling: there is no address to try"]);
      expect(outcomes.length).toBeGreaterThan(20);
    } finally {
      await engine.remove(spec.id);
    }
  });
});
