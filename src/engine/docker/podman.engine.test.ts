import { afterAll, beforeAll } from "vitest";
import { privatePodman, withPrivatePodman, type PrivatePodman } from "../../../scripts/setup/private-podman.ts";
import { copyImage } from "../../../test/fixtures/private-docker.ts";
import { silentLogger } from "../../base/logger.ts";
import { describeEngineConformance, posixPrograms } from "../conformance.ts";
import { createEngineApi } from "./api/engine-api.ts";
import { createDockerEngine, type DockerEndpoint } from "./docker-engine.ts";

const STARTUP_MS = 120_000;
const IMAGE = "busybox:latest";

await withPrivatePodman(() => {
  let podman: PrivatePodman;
  const endpoint = (): DockerEndpoint => ({ socketPath: podman.socketPath });
  beforeAll(async () => {
    podman = await privatePodman();
    await copyImage(IMAGE, endpoint());
  }, STARTUP_MS);
  afterAll(() => podman[Symbol.asyncDispose](), STARTUP_MS);

  describeEngineConformance("podman", {
    open: (labels) => Promise.resolve(createDockerEngine({ endpoint: endpoint(), labels, logger: silentLogger })),
    baseSpec: () => ({ image: IMAGE }),
    programs: posixPrograms,
    supports: {
      images: true,
      workspaces: ["volume", "host", "memory"],
      confinement: true,
      cpuLimit: true,
      lastOutput: true,
      freezer: true,
      mainProcess: true,
      volumes: true,
      snapshots: true,
      terminals: true,
      users: true,
      lostRuns: true,
      refusedWorkspaces: /[,"]/,
      refusedDownloads: /\*/,
      jobMemoryTold: false,
      buildProcesses: false,
    },
    image: IMAGE,
    removeImage: async (reference) => {
      await using api = createEngineApi({ endpoint: endpoint(), programDirectories: [] });
      await api.send({ method: "DELETE", path: `/images/${reference}`, query: { force: "1" } });
    },
  });
});
