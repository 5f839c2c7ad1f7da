import { readFile } from "node:fs/promises";
import { processStatus } from "./processes.ts";

/** Names one process for ever, though pids are used again. */
export type ProcessIdentity = { readonly pid: number; readonly startTicks: number; readonly boot: string };

export async function ownIdentity(): Promise<ProcessIdentity> {
  const status = await processStatus("self");
  return { pid: process.pid, startTicks: status?.startTicks ?? 0, boot: await bootId() };
}

export async function isAlive(identity: ProcessIdentity): Promise<boolean> {
  if (identity.boot !== (await bootId())) return false;
  return (await processStatus(identity.pid))?.startTicks === identity.startTicks;
}

/** The identity as part of a name of a file or a group. */
export function identityToken({ pid, startTicks, boot }: ProcessIdentity): string {
  return `${pid}-${startTicks}-${boot}`;
}

/** Undefined when the name does not begin with an identity. */
export function identityOfToken(name: string): ProcessIdentity | undefined {
  const [, pid, startTicks, boot] = /^(\d+)-(\d+)-([0-9a-f]+)/.exec(name) ?? [];
  if (pid === undefined || startTicks === undefined || boot === undefined) return undefined;
  return { pid: Number(pid), startTicks: Number(startTicks), boot };
}

async function bootId(): Promise<string> {
  const id = await readFile("/proc/sys/kernel/random/boot_id", "utf8").catch(() => "0");
  return id.replace(/[^0-9a-f]/g, "").slice(0, 12);
}
