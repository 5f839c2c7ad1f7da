import { execFile } from "node:child_process";
import { isDeepStrictEqual, promisify } from "node:util";
import type { RunReceipt, Sandbox } from "../../../src/contracts/types.ts";
import type { RemotePlatform } from "../../../src/main/remote-platform.ts";
import type { Registry } from "./registry.ts";
import { LONG_PROGRAM, type Told } from "./rounds.ts";

const run = promisify(execFile);
/** How a sandbox is told whose creation was cut off: nothing of it may be left on the engine. */
const CUT_OFF = { state: "error", reason: "Moorage was ended while it was starting." } as const;

export type Comparing = { readonly platform: RemotePlatform; readonly told: Told; readonly registry: Registry };

/** What does not agree between the registry, the engine, the chain of receipts, and what clients were answered. */
export async function contradictions(comparing: Comparing): Promise<readonly string[]> {
  return [
    ...(await ofReceipts(comparing)),
    ...(await ofMarks(comparing)),
    ...(await ofSandboxes(comparing)),
    ...(await ofProcesses(comparing)),
    ...(await ofSnapshots(comparing)),
  ];
}

/** Every run has one receipt that says the same, the chain holds, and no answer that was given has changed. */
async function ofReceipts({ platform, told, registry }: Comparing): Promise<string[]> {
  const found: string[] = [];
  const { problems } = await platform.receipt.verify({});
  found.push(...problems.map(({ problem }) => `the chain: ${problem}`));
  const receipts = new Map<string, RunReceipt>();
  for await (const event of platform.receipt.export({})) {
    if (event.type !== "receipt" || !("runId" in event.receipt)) continue;
    if (receipts.has(event.receipt.runId)) found.push(`run ${event.receipt.runId} has two receipts`);
    receipts.set(event.receipt.runId, event.receipt);
  }
  for (const { id, status, exitCode, receiptId } of registry.runs) {
    const receipt = receipts.get(id);
    const said = receipt && [receipt.id, receipt.status, receipt.exitCode];
    const kept = [receiptId, status, exitCode];
    if (!isDeepStrictEqual(said, kept))
      found.push(`run ${id} is ${kept.join(" ")}, its receipt says ${said?.join(" ")}`);
  }
  for (const { runId, status, exitCode } of told.results) {
    const receipt = receipts.get(runId);
    if (receipt?.status === status && receipt.exitCode === exitCode) continue;
    found.push(`run ${runId} was answered as ${status} ${exitCode}, its receipt says ${receipt?.status}`);
  }
  if (receipts.size !== registry.runs.length) found.push(`${receipts.size} receipts of ${registry.runs.length} runs`);
  return found;
}

/** A run that is told to have succeeded has left its mark in the sandbox. */
async function ofMarks({ platform, told, registry }: Comparing): Promise<string[]> {
  const [id = ""] = told.created.keys();
  const marks = new Set((await platform.file.list({ id })).items.map((item) => item.name));
  return registry.runs
    .filter(({ status }) => status === "succeeded")
    .flatMap(({ command }) => /mark-\d+/.exec(command.join(" "))?.[0] ?? [])
    .filter((mark) => !marks.has(mark))
    .map((mark) => `the run of ${mark} succeeded, and did not happen`);
}

/** What a killed server had started in a sandbox does not go on there. */
async function ofProcesses({ platform }: Comparing): Promise<string[]> {
  const { items } = await platform.sandbox.list({ limit: 1000 });
  const found: string[] = [];
  for (const { id } of items.filter(({ state }) => state === "running")) {
    const processes = await docker("top", `moorage-${id}`, "-eo", "pid,args");
    if (processes.some((line) => line.includes(LONG_PROGRAM))) found.push(`a program still runs in sandbox ${id}`);
  }
  return found;
}

/** The engine has exactly the sandboxes that run, each name once, and no client was told otherwise. */
async function ofSandboxes({ platform, told, registry }: Comparing): Promise<string[]> {
  const { items } = await platform.sandbox.list({ limit: 1000 });
  const running = items.filter(({ state }) => state === "running");
  const others = items.filter((item) => item.state !== "running" && !isCutOff(item));
  const ids = new Set(items.map(({ id }) => id));
  const names = items.flatMap(({ name }) => name ?? []);
  const label = `label=moorage.deployment=${await deploymentOf(platform)}`;
  // What is in the pool is nobody's, and listed to nobody.
  const pool = registry.sandboxes.filter(({ state }) => state === "pool").map(({ id }) => id);
  const units = [...running.map(({ id }) => id), ...pool].map((id) => `moorage-${id}`);
  const containers = await docker("ps", "-a", "--filter", label, "--format", "{{.Names}}");
  const volumes = await docker("volume", "ls", "--filter", label, "--format", "{{.Name}}");
  const runs = new Set(running.map(({ id }) => id));
  return [
    ...others.map(({ id, state, reason }) => `sandbox ${id} is ${state}: ${reason}`),
    ...[...told.created.keys()].filter((id) => !runs.has(id)).map((id) => `sandbox ${id} was created, and is gone`),
    ...[...told.removed].filter((id) => ids.has(id)).map((id) => `sandbox ${id} was removed, and is there`),
    ...(new Set(names).size === names.length ? [] : [`a name has two sandboxes: ${names.join(" ")}`]),
    ...told.twice.map((id) => `sandbox ${id} was given to two`),
    ...pool.filter((id) => told.created.has(id)).map((id) => `sandbox ${id} was given to somebody, and is in the pool`),
    ...(ids.size + pool.length === registry.sandboxes.length
      ? []
      : [`${registry.sandboxes.length} rows, ${ids.size} listed`]),
    ...difference("container", containers, units),
    ...difference("volume", volumes, units),
  ];
}

/** The engine has exactly the snapshots that the registry has, drafts none, and each fork has its own. */
async function ofSnapshots({ platform, told, registry }: Comparing): Promise<string[]> {
  const rows = registry.snapshots;
  const ready = new Set(rows.filter(({ state }) => state === "ready").map(({ id }) => id));
  const forks = registry.sandboxes.filter(({ snapshot, state }) => snapshot !== null && state !== "error");
  const label = `label=moorage.deployment=${await deploymentOf(platform)}`;
  const images = await docker("image", "ls", "--filter", label, "--format", "{{.Repository}}:{{.Tag}}");
  return [
    ...rows.filter(({ id }) => !ready.has(id)).map(({ id, state }) => `snapshot ${id} is ${state}`),
    ...[...told.snapshots].filter((id) => !ready.has(id)).map((id) => `snapshot ${id} was taken, and is gone`),
    ...forks.filter(({ snapshot }) => !ready.has(snapshot?.id ?? "")).map(({ id }) => `fork ${id} has no snapshot`),
    ...rows
      .filter(({ id, transient }) => transient && !forks.some(({ snapshot }) => snapshot?.id === id))
      .map(({ id }) => `the snapshot ${id} has lost its fork`),
    ...difference(
      "image",
      images,
      rows.map(({ reference }) => reference),
    ),
  ];
}

async function deploymentOf(platform: RemotePlatform): Promise<string> {
  const [receipt] = (await platform.receipt.list({ limit: 1 })).items;
  return receipt?.deployment ?? "";
}

function isCutOff({ state, reason }: Sandbox): boolean {
  return state === CUT_OFF.state && reason === CUT_OFF.reason;
}

function difference(what: string, found: readonly string[], expected: readonly string[]): string[] {
  return [
    ...found.filter((name) => !expected.includes(name)).map((name) => `${what} ${name} is left over`),
    ...expected.filter((name) => !found.includes(name)).map((name) => `${what} ${name} is lost`),
  ];
}

/** The lines that it prints. */
async function docker(...args: string[]): Promise<string[]> {
  const { stdout } = await run("docker", args);
  return stdout.split("\n").filter((line) => line !== "");
}
