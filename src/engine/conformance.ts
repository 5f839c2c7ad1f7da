import { describe } from "vitest";
import { useFixture } from "./conformance/fixture.ts";
import type { ConformanceHarness } from "./conformance/harness.ts";
import { describeExecResults } from "./conformance/cases/exec-results.ts";
import { describeExecStreams } from "./conformance/cases/exec-streams.ts";
import { describeEnding } from "./conformance/cases/ending.ts";
import { describeJobs } from "./conformance/cases/jobs.ts";
import { describeConfinement, describeNoConfinement } from "./conformance/cases/confinement.ts";
import { describeDeployments } from "./conformance/cases/deployments.ts";
import { describeDisk } from "./conformance/cases/disk.ts";
import { describeFileChanges } from "./conformance/cases/file-changes.ts";
import { describeFileRaces } from "./conformance/cases/file-races.ts";
import { describeFileRefusals } from "./conformance/cases/file-refusals.ts";
import { describeFileWatch } from "./conformance/cases/file-watch.ts";
import { describeFiles } from "./conformance/cases/files.ts";
import { describeImageArchives } from "./conformance/cases/image-archives.ts";
import { describeImages } from "./conformance/cases/images.ts";
import { describeImageTransfers } from "./conformance/cases/image-transfers.ts";
import { describeLifecycle } from "./conformance/cases/lifecycle.ts";
import { describeMainProcess, describeNoMainProcess } from "./conformance/cases/main-process.ts";
import { describeNoVolumes, describeVolumes } from "./conformance/cases/volumes.ts";
import { describeSnapshots } from "./conformance/cases/snapshots.ts";
import { describeStats } from "./conformance/cases/stats.ts";
import { describeWorkspaces } from "./conformance/cases/workspaces.ts";
import { describeNamedNetworks } from "./conformance/cases/named-networks.ts";
import { describeNetworks } from "./conformance/cases/networks.ts";
import { describeLostRuns } from "./conformance/cases/lost-runs.ts";
import { describeRunUsers } from "./conformance/cases/run-users.ts";
import { describeSignals } from "./conformance/cases/signals.ts";
import { describeTerminals } from "./conformance/cases/terminals.ts";
import { describeSandboxes } from "./conformance/cases/sandboxes.ts";

export type { ConformanceHarness, ConformancePrograms, ConformanceSupport } from "./conformance/harness.ts";
export { posixPrograms } from "./conformance/posix-programs.ts";

/** Declares tests that every engine passes: the contract of the engine port, on real programs. */
export function describeEngineConformance(name: string, harness: ConformanceHarness): void {
  describe(`engine ${name}`, { timeout: 30_000 }, () => {
    const fixture = useFixture(harness);
    describeSandboxes(fixture);
    describeStats(harness, fixture);
    describeDisk(harness, fixture);
    describeLifecycle(harness, fixture);
    if (harness.supports.volumes) describeVolumes(fixture);
    else describeNoVolumes(fixture);
    if (harness.supports.mainProcess) describeMainProcess(fixture);
    else describeNoMainProcess(fixture);
    describeExecResults(fixture);
    describeExecStreams(fixture);
    describeEnding(fixture);
    describeSignals(fixture);
    describeRunUsers(harness, fixture);
    describeTerminals(harness, fixture);
    describeLostRuns(harness, fixture);
    describeJobs(fixture);
    describeNetworks(fixture);
    describeNamedNetworks(fixture);
    describeWorkspaces(harness, fixture);
    if (harness.supports.confinement) describeConfinement(harness, fixture);
    else describeNoConfinement(fixture);
    describeFiles(fixture);
    describeFileChanges(fixture);
    describeFileRefusals(fixture);
    describeFileWatch(fixture);
    describeDeployments(fixture);
    describeImages(harness, fixture);
    describeImageTransfers(harness, fixture);
    describeImageArchives(harness, fixture);
    describeSnapshots(harness, fixture);
  });
}

/** The part of it that is about files, for another way to them. */
export function describeFileConformance(name: string, harness: ConformanceHarness): void {
  describe(`files of ${name}`, { timeout: 30_000 }, () => {
    const fixture = useFixture(harness);
    describeFileChanges(fixture);
    describeFileRefusals(fixture);
    describeFileWatch(fixture);
  });
}

/** For engines that reach workspaces as directories of this host: a hostile program swaps a path while it is used. */
export function describeRaceConformance(name: string, harness: ConformanceHarness): void {
  describe(`paths of ${name} under attack`, () => {
    describeFileRaces(useFixture(harness));
  });
}
