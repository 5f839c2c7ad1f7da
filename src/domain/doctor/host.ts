import { access, readFile } from "node:fs/promises";

/** Systems whose remedies differ. */
export type HostSystem = "debian" | "fedora" | "alpine" | "linux" | "macos" | "windows";

/** Where Moorage itself runs. */
export type Host = {
  readonly system: HostSystem;
  /** What tells that this is the inside of a container; undefined outside of one. */
  readonly container: string | undefined;
};

const MARKS = ["/.dockerenv", "/run/.containerenv"];
const CONTAINER_GROUP = /[/-](?:docker|kubepods|containerd|crio|libpod|lxc)[/.-]/;
const CONTAINER_ROOT = /\/(?:docker|containers\/storage|io\.containerd[^/,]*)\/(?:overlay|snapshots)/;

export async function findHost(platform: NodeJS.Platform = process.platform): Promise<Host> {
  if (platform === "darwin") return { system: "macos", container: undefined };
  if (platform === "win32") return { system: "windows", container: undefined };
  return { system: systemOfRelease(await text("/etc/os-release")), container: await findContainer() };
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
  for (const mark of MARKS) if (await exists(mark)) return `${mark} is there`;
  return containerTrace({ groups: await text("/proc/1/cgroup"), mounts: await text("/proc/self/mountinfo") });
}

/** What the control groups of process 1, or the mounts of this process, tell about a container around it. */
export function containerTrace({ groups, mounts }: { readonly groups: string; readonly mounts: string }) {
  const group = groups.split("\n").find((line) => CONTAINER_GROUP.test(line));
  if (group !== undefined) return `process 1 is in the control group ${group.split(":").at(-1)}`;
  const root = mounts.split("\n").find((line) => line.split(" ")[4] === "/" && CONTAINER_ROOT.test(line));
  return root === undefined ? undefined : "the root file system is a container's";
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
