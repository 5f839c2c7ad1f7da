import type { z } from "zod";
import type * as batch from "./batch.ts";
import type * as context from "./context.ts";
import type * as dependencies from "./dependencies.ts";
import type * as exec from "./exec.ts";
import type * as file from "./file.ts";
import type * as image from "./image.ts";
import type * as imageTransfer from "./image-transfer.ts";
import type * as imageExport from "./image-export.ts";
import type * as imageArchive from "./image-archive.ts";
import type * as imageCheck from "./image-check.ts";
import type * as network from "./network.ts";
import type * as place from "./place.ts";
import type * as primitives from "./primitives.ts";
import type * as readiness from "./readiness.ts";
import type * as probe from "./probe.ts";
import type * as build from "./build.ts";
import type * as receipt from "./receipt.ts";
import type * as run from "./run.ts";
import type * as life from "./sandbox-life.ts";
import type * as sandbox from "./sandbox.ts";
import type * as snapshot from "./snapshot.ts";
import type * as stats from "./stats.ts";
import type * as system from "./system.ts";

export type EngineName = z.output<typeof primitives.EngineName>;
export type Isolation = z.output<typeof primitives.Isolation>;
export type Limits = z.output<typeof primitives.Limits>;
export type ProfileName = z.output<typeof primitives.Profile>;
export type Encoding = z.output<typeof primitives.Encoding>;

export type PackageManager = z.output<typeof dependencies.PackageManager>;

export type PortWish = z.output<typeof place.PortWish>;
export type PublishedPort = z.output<typeof place.PublishedPort>;
export type Volume = z.output<typeof place.Volume>;
export type SandboxFork = z.output<typeof snapshot.SandboxFork>;
export type SandboxSnapshot = z.output<typeof snapshot.SandboxSnapshot>;
export type Snapshot = z.output<typeof snapshot.Snapshot>;
export type StatsEvent = z.output<typeof stats.StatsEvent>;
export type SandboxStats = z.output<typeof stats.SandboxStats>;
export type SandboxHistory = z.output<typeof stats.SandboxHistory>;
export type Readiness = z.output<typeof readiness.Readiness>;

export type Sandbox = z.output<typeof sandbox.Sandbox>;
export type PausedBy = z.output<typeof life.PausedBy>;
export type SandboxState = z.output<typeof life.SandboxState>;
export type SandboxList = z.output<typeof life.SandboxList>;
export type SandboxOutput = z.output<typeof sandbox.SandboxOutput>;
export type SandboxCreate = z.output<typeof sandbox.SandboxCreate>;

export type SandboxExec = z.output<typeof exec.SandboxExec>;
export type CodeBlock = z.output<typeof exec.CodeBlock>;
export type JobRun = z.output<typeof exec.JobRun>;
export type AgentRun = z.output<typeof exec.AgentRun>;

export type BatchJob = z.output<typeof batch.BatchJob>;
export type BatchEvent = z.output<typeof batch.BatchEvent>;
export type BatchJobStatus = z.output<typeof batch.BatchJobStatus>;
export type BatchSummary = z.output<typeof batch.BatchSummary>;
export type JobBatch = z.output<typeof batch.JobBatch>;

export type Run = z.output<typeof run.Run>;
export type RunEvent = z.output<typeof run.RunEvent>;
export type RunKind = z.output<typeof run.RunKind>;
export type RunLog = z.output<typeof run.RunLog>;
export type RunInput = z.output<typeof run.RunInput>;
export type RunInputTaken = z.output<typeof run.RunInputTaken>;
export type RunWait = z.output<typeof run.RunWait>;
export type RunWaited = z.output<typeof run.RunWaited>;
export type RunRecord = z.output<typeof run.RunRecord>;
export type RunResult = z.output<typeof run.RunResult>;
export type RunStatus = z.output<typeof run.RunStatus>;

export type ContextSource = z.output<typeof context.ContextSource>;
export type ContextCreate = z.output<typeof context.ContextCreate>;
export type ContextDockerfile = z.output<typeof context.ContextDockerfile>;
export type StagedContext = z.output<typeof context.StagedContext>;
export type ContextSummary = z.output<typeof context.ContextSummary>;
export type BuildArgs = z.output<typeof imageCheck.BuildArgs>;
export type DockerfileBase = z.output<typeof imageCheck.DockerfileBase>;
export type DockerfileFinding = z.output<typeof imageCheck.DockerfileFinding>;
export type DockerfileRule = z.output<typeof imageCheck.DockerfileRule>;
export type ImageChecked = z.output<typeof imageCheck.ImageChecked>;
export type Image = z.output<typeof image.Image>;
export type ExportReceipt = z.output<typeof receipt.ExportReceipt>;
export type Export = z.output<typeof imageExport.Export>;
export type ExportLog = z.output<typeof imageExport.ExportLog>;
export type ImageExportInput = z.output<typeof imageExport.ImageExportInput>;
export type ImageExportResult = z.output<typeof imageExport.ImageExportResult>;
export type ImageExportEvent = z.output<typeof imageExport.ImageExportEvent>;
export type ImageSbom = z.output<typeof imageArchive.ImageSbom>;
export type ImageHistory = z.output<typeof image.ImageHistory>;
export type ImagePruned = z.output<typeof image.ImagePruned>;
export type ImagePresence = z.output<typeof image.ImagePresence>;
export type ImagePushEvent = z.output<typeof imageTransfer.ImagePushEvent>;
export type ImagePullEvent = z.output<typeof imageTransfer.ImagePullEvent>;

export type FileContent = z.output<typeof file.FileContent>;
export type FileFind = z.output<typeof file.FileFind>;
export type FileGrep = z.output<typeof file.FileGrep>;
export type FileGrepped = z.output<typeof file.FileGrepped>;
export type FileMatch = z.output<typeof file.FileMatch>;
export type FileReplaced = z.output<typeof file.FileReplaced>;
export type FileChanged = z.output<typeof file.FileChanged>;
export type FileWatchEvent = z.output<typeof file.FileWatchEvent>;
export type FileStat = z.output<typeof file.FileStat>;
export type FileInfo = z.output<typeof file.FileInfo>;

export type Network = z.output<typeof network.Network>;
export type NetworkDecision = z.output<typeof network.NetworkDecision>;

export type ImageBuild = z.output<typeof build.ImageBuild>;
export type Build = z.output<typeof build.Build>;
export type BuildEvent = z.output<typeof build.BuildEvent>;
export type BuildLog = z.output<typeof build.BuildLog>;
export type BuildLimits = z.output<typeof build.BuildLimits>;
export type BuildNetwork = z.output<typeof build.BuildNetwork>;
export type Receipt = z.output<typeof receipt.Receipt>;
export type RunReceipt = z.output<typeof receipt.RunReceipt>;
export type BuildReceipt = z.output<typeof receipt.BuildReceipt>;
export type ReceiptBody = z.output<typeof receipt.ReceiptBody>;
export type ReceiptHead = z.output<typeof receipt.ReceiptHead>;
export type ReceiptVerification = z.output<typeof receipt.ReceiptVerification>;

export type ProbeOutcome = z.output<typeof probe.ProbeOutcome>;
export type Finding = z.output<typeof system.Finding>;
export type DoctorReport = z.output<typeof system.DoctorReport>;
export type CleanupReport = z.output<typeof system.CleanupReport>;
