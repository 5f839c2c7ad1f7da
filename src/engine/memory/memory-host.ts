import type { DiskRoom, OutputChunk, PortAddress, UnitInfo, UnitKind, UnitSpec } from "../engine.ts";
import type { FileStore, Owner } from "./file/file-store.ts";
import type { MemoryImage } from "./memory-image.ts";
import type { LiveRun } from "./run/live-run.ts";

/** What Docker's daemon is to its clients: units and images that several memory engines look at. */
export type MemoryHost = {
  readonly units: Map<string, MemoryUnit>;
  readonly images: Map<string, MemoryImage>;
  readonly volumes: Map<string, MemoryVolume>;
  readonly networks: Map<string, MemoryNetwork>;
  /** What the disk that it has not is said to have room for. */
  room?: DiskRoom;
};

/** `subnet` is for show: what is in memory has no addresses. */
export type MemoryNetwork = { readonly labels: Readonly<Record<string, string>>; readonly subnet: string };

export type MemoryVolume = { readonly labels: Readonly<Record<string, string>>; readonly files: FileStore };

export type MemoryUnit = {
  readonly id: string;
  readonly kind: UnitKind;
  readonly spec: UnitSpec;
  readonly user: Owner;
  readonly labels: Readonly<Record<string, string>>;
  /** Of the image and the spec. */
  readonly env: Readonly<Record<string, string>>;
  readonly files: FileStore;
  /** What it held outside of its workspace from the start. */
  readonly givenBytes: number;
  /** Does the work while nobody else does any on the files: a path that was looked at is still the same. */
  readonly alone: <T>(work: () => Promise<T>) => Promise<T>;
  /** True: a run can be ended only with all of the unit. */
  stubborn: boolean;
  /** Runs that have not ended. */
  readonly runs: Set<LiveRun>;
  readonly createdAt: number;
  startedAt: number;
  readonly lastOutput: OutputChunk[];
  /** How many chunks of it are no longer kept. */
  dropped: number;
  /** Starts its own main process, where it has one. */
  main: (() => Promise<void>) | undefined;
  /** Where what listens in it really listens, by its own port. */
  readonly ports: Map<number, PortAddress>;
  /** The named network that it is in. */
  joined: string | undefined;
  /** Where what another member of its network, by id or name, serves on a port really listens. */
  readonly peer: (name: string, port: number) => PortAddress | undefined;
  info: Pick<UnitInfo, "state" | "exitCode" | "oomKilled" | "finishedAt">;
};

export function unitInfo({ id, kind, createdAt, startedAt, info }: MemoryUnit): UnitInfo {
  return { id, kind, createdAt, startedAt, ...info };
}

/** Ends everything in a unit and marks it as exited. */
export function stopUnit(unit: MemoryUnit, now: number): void {
  if (unit.info.state === "exited") return;
  unit.info = { ...unit.info, state: "exited", exitCode: 137, finishedAt: now };
  for (const run of unit.runs) run.end({ exitCode: 137, signal: "SIGKILL" });
}
