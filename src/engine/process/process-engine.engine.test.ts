import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import { describeEngineConformance, posixPrograms } from "../conformance.ts";
import { createProcessEngine } from "./process-engine.ts";

const stateDirectory = mkdtempSync(join(tmpdir(), "moorage-process-"));

afterAll(() => rm(stateDirectory, { recursive: true, force: true }));

describeEngineConformance("process", {
  open: (labels) => Promise.resolve(createProcessEngine({ stateDirectory, labels })),
  baseSpec: () => ({}),
  programs: posixPrograms,
  supports: {
    images: false,
    workspaces: ["volume", "host", "memory"],
    confinement: true,
    cpuLimit: true,
    lastOutput: false,
  },
});
