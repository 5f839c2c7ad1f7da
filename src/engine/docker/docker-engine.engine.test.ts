import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { silentLogger } from "../../base/logger.ts";
import {
  describeEngineConformance,
  describeFileConformance,
  describeRaceConformance,
  posixPrograms,
} from "../conformance.ts";
import { startRegistry } from "../../../test/fixtures/registry/registry.ts";
import { createDockerEngine, parseDockerHost } from "./docker-engine.ts";

const endpoint = parseDockerHost(process.env["DOCKER_HOST"]);
const support = {
  images: true,
  workspaces: ["volume", "host", "memory"],
  confinement: true,
  cpuLimit: true,
  freezer: true,
  terminals: true,
  users: true,
  lostRuns: true,
  lastOutput: true,
  mainProcess: true,
  volumes: true,
  snapshots: true,
} as const;

for (const [image, warm] of [
  ["busybox:latest", true],
  ["python:3.11-slim", false],
] as const) {
  describeEngineConformance(`docker with ${image}, ${warm ? "shells ahead" : "plain"}`, {
    open: (labels) => Promise.resolve(createDockerEngine({ endpoint, labels, logger: silentLogger, warm })),
    baseSpec: () => ({ image }),
    programs: posixPrograms,
    supports: support,
    image,
    registry: startRegistry,
    removeImage: async (reference) => void (await promisify(execFile)("docker", ["image", "rm", "--force", reference])),
  });
}

describeFileConformance("docker, not on this host", {
  open: (labels) => Promise.resolve(createDockerEngine({ endpoint, labels, logger: silentLogger, hostTrees: false })),
  baseSpec: () => ({ image: "busybox:latest" }),
  programs: posixPrograms,
  supports: support,
});

describeRaceConformance("docker on this host", {
  open: (labels) => Promise.resolve(createDockerEngine({ endpoint, labels, logger: silentLogger })),
  baseSpec: () => ({ image: "busybox:latest" }),
  programs: posixPrograms,
  supports: support,
});
