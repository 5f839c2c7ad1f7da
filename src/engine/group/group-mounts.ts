import type { GroupVersion } from "./control-group.ts";

export type GroupMount = {
  readonly path: string;
  readonly version: GroupVersion;
  readonly options: readonly string[];
};

/** The hierarchies in the text of /proc/self/mountinfo. */
export function groupMounts(mountinfo: string): readonly GroupMount[] {
  return mountinfo.split("\n").flatMap((line): readonly GroupMount[] => {
    const [before = "", after = ""] = line.split(" - ");
    const [type, , options = ""] = after.split(" ");
    const path = (before.split(" ")[4] ?? "").replace(/\\([0-7]{3})/g, (_, octal: string) =>
      String.fromCharCode(Number.parseInt(octal, 8)),
    );
    if (type === "cgroup") return [{ path, version: 1, options: options.split(",") }];
    return type === "cgroup2" ? [{ path, version: 2, options: [] }] : [];
  });
}
