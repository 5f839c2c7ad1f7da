import { mkdtemp, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import type { Engine, ImageStore } from "../../engine/engine.ts";
import type { DomainContext } from "../context.ts";
import { agentImage } from "./agent-image.ts";
import { collect, openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { unrestricted } from "../access/principal.ts";

it("a failed build of the agent image leaves its log in the workspace and names it", async () => {
  const root = await realpath(await mkdtemp(join(tmpdir(), "moorage-agent-image-")));
  try {
    const workspace = await mkdtemp(join(root, "workspace-"));
    const elsewhere = join(root, "elsewhere");
    await writeFile(elsewhere, "mine");
    await symlink(elsewhere, join(workspace, "docker-build.log"));
    await using base = openMemoryDomain();
    const { policy } = base.context;
    const agent: DomainContext["policy"]["agent"] = { ...policy.agent, image: undefined };
    await using domain = openMemoryDomain({ policy: { ...policy, agent, workspaceRoots: [root] } });
    domain.control.failNext("images.build", new MoorageError("IMAGE_BUILD_FAILED", "RUN apt-get failed with 100."));
    const run = collect(domain.platform.agent.run({ agentId: "a1", workspace, command: ["true"] }));
    const log = join(workspace, "docker-build.log");
    await expect(run).rejects.toMatchObject({
      code: "IMAGE_BUILD_FAILED",
      message: `The agent image could not be made: RUN apt-get failed with 100. The whole build log: ${log}`,
      details: { logPath: log },
    });
    expect(await readFile(log, "utf8")).toBe("");
    expect(await readFile(elsewhere, "utf8")).toBe("mine");
  } finally {
    await rm(root, { recursive: true });
  }
});

it.each([true, false])("is built with the network policy open where that can be kept: %j", async (kept) => {
  await using base = openMemoryDomain();
  const { engine, policy } = base.context;
  const { images } = engine;
  if (images === undefined || engine.networks === undefined) throw new Error("The memory engine has both.");
  const networks: (string | undefined)[] = [];
  const build: ImageStore["build"] = async (spec, options) => {
    networks.push(spec.network);
    return images.build(spec, options);
  };
  const enforcement: NonNullable<Engine["networks"]>["enforcement"] = () =>
    Promise.resolve(kept ? { enforced: true } : { enforced: false, reason: "not here", fix: "go there" });
  const context: DomainContext = {
    ...base.context,
    engine: { ...engine, images: { ...images, build }, networks: { ...engine.networks, enforcement } },
    policy: { ...policy, agent: { ...policy.agent, image: undefined } },
  };
  const options = { signal: AbortSignal.timeout(10_000), onProgress: () => undefined, workspace: undefined };
  await agentImage({ context, principal: unrestricted("alice") }, undefined, options);
  expect(networks).toEqual([kept ? "open" : undefined]);
});
