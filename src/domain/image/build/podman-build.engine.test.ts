import { expect, it } from "vitest";
import { privatePodman, withPrivatePodman } from "../../../../scripts/setup/private-podman.ts";
import { openDockerDomain } from "../../../../test/fixtures/docker-domain.ts";
import { copyImage } from "../../../../test/fixtures/private-docker.ts";
import type { ImageBuild } from "../../../contracts/types.ts";
import { failureOf } from "../../../engine/docker/docker-fixture.ts";

const IMAGE = "busybox:latest";

await withPrivatePodman(() => {
  it("a build by Podman tells that nobody bounds its processes, and is refused where it names a bound", async () => {
    await using podman = await privatePodman();
    const endpoint = { socketPath: podman.socketPath };
    await copyImage(IMAGE, endpoint);
    await using domain = openDockerDomain({ endpoint });
    const { image, receipt } = domain.platform;
    const input: ImageBuild = { files: { Dockerfile: `FROM ${IMAGE}\nRUN true\n` }, tag: "bound", network: "none" };
    const failure = await failureOf(Array.fromAsync(image.build({ ...input, pids: 64 })));
    const obstacle = "the builder of Podman does not tell in which container a step runs";
    expect(failure).toMatchObject({
      code: "ENGINE_UNSUPPORTED",
      message: `The steps of a build cannot be held to 64 processes here: ${obstacle}.`,
      hint: "Leave --pids out, or build with Docker Engine.",
    });
    expect((await image.builds({})).items).toEqual([]);
    const events = await Array.fromAsync(image.build(input));
    const warning = `The processes of its steps are not bounded: ${obstacle}.`;
    expect(events).toContainEqual({ type: "warning", message: warning });
    const [build] = (await image.builds({})).items;
    expect(build).toMatchObject({ status: "succeeded", limits: { pids: null } });
    expect(build?.warnings).toContain(warning);
    expect(await receipt.get({ receiptId: build?.receiptId ?? "" })).toMatchObject({ limits: { pids: null } });
    expect(await receipt.verify({})).toMatchObject({ ok: true });
  }, 240_000);
});
