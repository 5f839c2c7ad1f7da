import type { Run, RunReceipt, RunResult, Sandbox } from "../../contracts/types.ts";

const LIMITS = { memoryBytes: 512 * 1024 * 1024, cpus: 1, pids: 256, diskBytes: 4 * 1024 ** 3, timeoutMs: 2000 };
const HASH = `sha256:${"0123456789abcdef".repeat(4)}`;

export function sampleResult(changes: Partial<RunResult> = {}): RunResult {
  return {
    runId: "r1234567890123456789",
    sandboxId: "k3v9x2m7q1w8e5r4t6y0",
    status: "succeeded",
    exitCode: 0,
    stdout: "",
    stderr: "",
    stdoutBytes: 0,
    stderrBytes: 0,
    truncated: false,
    timedOut: false,
    oomKilled: false,
    signal: null,
    startedAt: "2026-01-02T03:04:05.678Z",
    durationMs: 850,
    engine: "docker",
    isolation: "container",
    imageDigest: HASH,
    profile: "job",
    limits: LIMITS,
    network: "none",
    runtime: null,
    peakMemoryBytes: null,
    receiptId: "p1234567890123456789",
    warnings: [],
    reason: null,
    ...changes,
  };
}

export function sampleRun(changes: Partial<Run> = {}): Run {
  const { stdout: _stdout, stderr: _stderr, ...rest } = sampleResult();
  return { ...rest, kind: "exec", command: ["python", "-c", "print('6 * 7')"], agentId: null, ...changes };
}

export function sampleSandbox(changes: Partial<Sandbox> = {}): Sandbox {
  return {
    id: "k3v9x2m7q1w8e5r4t6y0",
    name: "demo",
    conversationId: null,
    owner: "root",
    state: "running",
    reason: null,
    stateSince: "2026-01-02T03:04:06.000Z",
    pausedBy: null,
    labels: { team: "red" },
    idleTimeoutMs: 3_600_000,
    expiresAt: null,
    image: "python:3.11-slim",
    imageDigest: HASH,
    snapshot: null,
    forkOf: null,
    dependencies: [],
    packageManager: null,
    useImageCommand: false,
    command: null,
    readiness: null,
    volume: null,
    hostDirectory: null,
    ports: [],
    profile: "sandbox",
    limits: LIMITS,
    network: "none",
    runtime: null,
    engine: "docker",
    isolation: "container",
    workspace: "/workspace",
    createdAt: "2026-01-02T03:04:05.678Z",
    lastActiveAt: "2026-01-02T04:04:05.678Z",
    ...changes,
  };
}

export function sampleReceipt(changes: Partial<RunReceipt> = {}): RunReceipt {
  return {
    version: 1,
    id: "p1234567890123456789",
    sequence: 1,
    previous: null,
    deployment: "d1234567890123456789",
    operation: "job.run",
    owner: "root",
    key: null,
    agentId: null,
    runId: "r1234567890123456789",
    sandboxId: "k3v9x2m7q1w8e5r4t6y0",
    commandHash: HASH,
    engine: "docker",
    isolation: "container",
    image: "python:3.11-slim",
    imageDigest: HASH,
    profile: "job",
    limits: LIMITS,
    network: "none",
    runtime: null,
    status: "succeeded",
    reason: null,
    exitCode: 0,
    timedOut: false,
    oomKilled: false,
    signal: null,
    startedAt: "2026-01-02T03:04:05.678Z",
    durationMs: 850,
    stdoutBytes: 3,
    stderrBytes: 0,
    peakMemoryBytes: 1_500_000,
    workspaceBefore: null,
    workspaceAfter: null,
    recordedAt: "2026-01-02T03:04:07.000Z",
    hash: HASH,
    signature: "c2lnbmF0dXJl",
    ...changes,
  };
}
