import { execFile } from "node:child_process";
import { lstat } from "node:fs/promises";
import { promisify } from "node:util";
import { MoorageError } from "../../../base/errors.ts";
import { inheritedDescriptors } from "./inherited-descriptors.ts";
import { findPrograms, installCommand, type Programs } from "./programs.ts";
import { descriptorLimit } from "./resource-limits.ts";
import type { Machine } from "../launch/system-calls.ts";
import { findSystemTree, type SystemTree } from "./system-tree.ts";

/** What this host has for the process engine. It does not change while Moorage runs. */
export type ProcessHost = {
  readonly machine: Machine;
  /** Whom Moorage runs as. */
  readonly uid: number;
  readonly gid: number;
  readonly programs: Programs;
  readonly bubblewrapVersion: string;
  /** Whether bubblewrap can forbid further user namespaces by itself (0.8 and newer); the filter does in any case. */
  readonly canDisableUserNamespaces: boolean;
  readonly system: SystemTree;
  /** An empty place of the host's tree where the launcher shows bubblewrap one unit, in a mount namespace of its own. */
  readonly mountPoint: string;
  readonly inherited: readonly number[];
  /** Descriptors that one process of a run may have. */
  readonly descriptorLimit: number;
};

const OLDEST = [0, 6] as const;
const MOUNT_POINTS = ["/mnt", "/media", "/srv", "/opt", "/tmp"];
const VERSION_TIMEOUT_MS = 10_000;

/** Looks at this host. Rejects with ENGINE_UNSUPPORTED or ENGINE_NOT_INSTALLED where nothing can run. */
export async function findHost(bwrapPath: string | undefined): Promise<ProcessHost> {
  const machine = knownMachine();
  const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
  const programs = await findPrograms(uid === 0, bwrapPath);
  const [version, system, mountPoint, inherited, descriptors] = await Promise.all([
    bubblewrapVersion(programs.bwrap),
    findSystemTree(),
    findMountPoint(),
    inheritedDescriptors(),
    descriptorLimit(),
  ]);
  return {
    machine,
    uid,
    gid,
    programs,
    bubblewrapVersion: version.join("."),
    canDisableUserNamespaces: atLeast(version, [0, 8]),
    system,
    mountPoint,
    inherited,
    descriptorLimit: descriptors,
  };
}

function knownMachine(): Machine {
  if (process.platform !== "linux") {
    throw new MoorageError("ENGINE_UNSUPPORTED", `The process engine needs Linux; this is ${process.platform}.`, {
      hint: "Use Docker with --engine docker.",
    });
  }
  if (process.arch === "x64" || process.arch === "arm64") return process.arch;
  throw new MoorageError(
    "ENGINE_UNSUPPORTED",
    `The process engine has system call filters for x64 and arm64; this is ${process.arch}.`,
    { hint: "Use Docker with --engine docker." },
  );
}

async function bubblewrapVersion(bwrap: string): Promise<readonly number[]> {
  const { stdout } = await promisify(execFile)(bwrap, ["--version"], { timeout: VERSION_TIMEOUT_MS, env: {} }).catch(
    (cause: unknown) => {
      const message = `${bwrap} --version failed; expected bubblewrap.`;
      throw new MoorageError("ENGINE_NOT_INSTALLED", message, { cause });
    },
  );
  const version = (/(\d+)\.(\d+)(?:\.(\d+))?/.exec(stdout) ?? []).slice(1).map((part) => Number(part ?? 0));
  if (atLeast(version, OLDEST)) return version;
  throw new MoorageError(
    "ENGINE_UNSUPPORTED",
    `The process engine needs bubblewrap ${OLDEST.join(".")} or newer; ${bwrap} says "${stdout.trim()}".`,
    { hint: `Update it: ${await installCommand("bubblewrap")}` },
  );
}

function atLeast(version: readonly number[], wanted: readonly [number, number]): boolean {
  const [major = 0, minor = 0] = version;
  return major > wanted[0] || (major === wanted[0] && minor >= wanted[1]);
}

async function findMountPoint(): Promise<string> {
  for (const path of MOUNT_POINTS) {
    if ((await lstat(path).catch(() => undefined))?.isDirectory()) return path;
  }
  throw new MoorageError("ENGINE_UNSUPPORTED", `None of ${MOUNT_POINTS.join(", ")} is a directory of this host.`, {
    hint: "Make one of them: it is where a run's own files are shown to bubblewrap, unseen by the host.",
  });
}
