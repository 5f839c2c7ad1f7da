import { expect, test } from "vitest";
import { silentLogger } from "../../../../base/logger.ts";
import { createEngineApi } from "../../api/engine-api.ts";
import { parseDockerHost } from "../../endpoint/endpoint.ts";
import { createEngineEvents } from "../engine-events.ts";
import { createPeakMeters } from "../peak-meter.ts";
import { createWarmRuns } from "./warm-runs.ts";
import type { WarmShellsOptions } from "./warm-shells.ts";

const NEVER = { Status: "created", ExitCode: 0, OOMKilled: false, StartedAt: "", FinishedAt: "" };

/** A sandbox in which every start is counted, and none is made. */
function countedSandbox() {
  const api = createEngineApi({ endpoint: parseDockerHost(undefined), programDirectories: [] });
  const state = { started: 0 };
  const options: WarmShellsOptions = {
    context: {
      ...{ api, logger: silentLogger, events: createEngineEvents(api, "moorage.test"), containerId: "none" },
      containerStartedAt: 1,
      announceMs: 20_000,
      peaks: createPeakMeters().of({ Id: "none", State: NEVER }),
      urgent: (work) => work(),
      gate: () => {
        state.started += 1;
        return Promise.reject(new Error("nothing is started here"));
      },
      stopUnit: () => Promise.resolve(),
      track: () => undefined,
      closed: new AbortController().signal,
    },
    pids: 64,
  };
  return { state, options };
}

test("a sandbox that comes up has a shell started in it", async () => {
  const { state, options } = countedSandbox();
  using warm = createWarmRuns();
  await warm.prepare("a", () => Promise.resolve(options));
  await expect.poll(() => state.started).toBe(1);
});

test("one that is looked at while its Moorage ends has none started, which would outlive it", async () => {
  const { state, options } = countedSandbox();
  const warm = createWarmRuns();
  const looked = Promise.withResolvers<WarmShellsOptions>();
  const prepared = warm.prepare("a", () => looked.promise);
  warm[Symbol.dispose]();
  looked.resolve(options);
  await prepared;
  expect(state.started).toBe(0);
});
