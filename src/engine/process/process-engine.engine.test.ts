import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll } from "vitest";
import {
  describeEngineConformance,
  describeRaceConformance,
  posixPrograms,
  type ConformanceHarness,
} from "../conformance.ts";
import { groupName } from "./engine-parts.ts";
import { createProcessEngine } from "./process-engine.ts";
import { removeState } from "./testing/open-engine.ts";

const stateDirectory = mkdtempSync(join(tmpdir(), "moorage-process-"));
const groups = new Set<string>();

afterAll(() => removeState(stateDirectory, groups));

const harness: ConformanceHarness = {
  open: async (labels) => {
    groups.add(groupName(labels.deployment, stateDirectory));
    return createProcessEngine({ stateDirectory, labels });
  },
  baseSpec: () => ({}),
  programs: posixPrograms,
  supports: {
    images: false,
    workspaces: ["volume", "host", "memory"],
    confinement: true,
    cpuLimit: true,
    freezer: true,
    terminals: false,
    users: false,
    lostRuns: false,
    lastOutput: false,
    mainProcess: false,
    volumes: false,
    snapshots: false,
  },
};

describeEngineConformance("process", harness);
describeRaceConformance("process", harness);
