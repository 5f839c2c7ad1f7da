import { access, readFile } from "node:fs/promises";
import type { EngineName } from "../../contracts/types.ts";

/** Systems whose remedies differ. */
export type HostSystem = "debian" | "fedora" | "alpine" | "linux" | "macos" | "windows";

/** Where Moorage itself runs, and with what: remedies depend on both. */
export type Host = {
  readonly engine: EngineName;
  readonly system: HostSystem;
  /** What tells that this is the inside of a container; undefined outside of one. */
  readonly container: string | undefined;
};

const MARKS = ["/.dockerenv", "/run/.containerenv"];
const CONTAINER_GROUP = /\/(?:docker|lxc|kubepods[^/]*)\/|\b(?:docker|libpod|crio|cri-containerd)-[0-9a-f]{8,}/;
const CONTAINER_ROOT = /\/(?:docker|containers\/storage|io\.containerd[^/,]*)\/(?:overlay|snapshots)/;

export async function findHost(engine: EngineName, platform: NodeJS.Platform = process.platform): Promise<Host> {
  if (platform === "darwin") return { engine, system: "macos", container: undefined };
  if (platform === "win32") return { engine, system: "windows", container: undefined };
  const system = systemOfRelease(await text("/etc/os-release"));
  return { engine, system, container: await findContainer() };
}

/** The family that an os-release file tells. */
export function systemOfRelease(release: string): HostSystem {
  const lines = [...release.matchAll(/^ID(?:_LIKE)?=(.*)$/gm)];
  const ids = new Set(lines.flatMap(([, ids]) => (ids ?? "").replaceAll(/["']/g, "").split(" ")));
  if (ids.has("debian") || ids.has("ubuntu")) return "debian";
  if (ids.has("fedora") || ids.has("rhel") || ids.has("centos")) return "fedora";
  return ids.has("alpine") ? "alpine" : "linux";
}

async function findContainer(): Promise<string | undefined> {
  const marks: string[] = [];
  for (const mark of MARKS) if (await exists(mark)) marks.push(mark);
  return containerTrace({ marks, groups: await text("/proc/1/cgroup"), mounts: await text("/proc/self/mountinfo") });
}

type Traces = {
  /** Files that engines put into containers, as far as they are there. */
  readonly marks: readonly string[];
  /** The control groups of process 1. */
  readonly groups: string;
  /** The mounts of this process, as mountinfo has them. */
  readonly mounts: string;
};

/** What tells of a container around this process, if anything does. */
export function containerTrace({ marks, groups, mounts }: Traces): string | undefined {
  const group = groups.split("\n").find((line) => CONTAINER_GROUP.test(line));
  if (group !== undefined) return `process 1 is in the control group ${group.split(":").at(-1)}`;
  const root = mounts.split("\n").find((line) => line.split(" ")[4] === "/") ?? "";
  if (CONTAINER_ROOT.test(root)) return "the root file system is a container's";
  // A machine whose disk was made from an image keeps the mark, but its root is a whole file system of a device.
  return / - \w+ \/dev\//.test(root) && root.split(" ")[3] === "/" ? undefined : marks[0];
}

async function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

// What cannot be read tells nothing.
async function text(path: string): Promise<string> {
  return readFile(path, "utf8").catch(() => "");
}
