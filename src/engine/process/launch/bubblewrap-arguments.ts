import { DESCRIPTORS } from "./descriptors.ts";
import type { SystemTree } from "../host/system-tree.ts";

export const WORKSPACE = "/workspace";
export const HOME = "/home/agent";
export const USER_NAME = "agent";

const MIB = 1024 * 1024;
const RUN_BYTES = 16 * MIB;
const SHARED_MEMORY_BYTES = 64 * MIB;

/** What a program sees of a writable place: a directory of the host, or memory of this run alone. */
export type Place = { readonly directory: string } | { readonly memoryBytes: number };

export type Surroundings = {
  readonly system: SystemTree;
  readonly canDisableUserNamespaces: boolean;
  /** Given where bubblewrap maps the user that it runs as to another. */
  readonly mappedUser?: { readonly uid: number; readonly gid: number };
  readonly hostname: string;
  /** Directory with the generated files of /etc, as bubblewrap sees it. */
  readonly etc: string;
  readonly workspace: Place;
  readonly home: Place;
  readonly temporary: Place;
  readonly memoryBytes: number;
  readonly env: Readonly<Record<string, string>>;
};

export const ETC_FILES = ["passwd", "group", "hosts", "nsswitch.conf", "resolv.conf"] as const;

const DEFAULT_ENV = {
  PATH: "/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin",
  HOME,
  USER: USER_NAME,
  LOGNAME: USER_NAME,
  LANG: "C.UTF-8",
};

/** The arguments of bubblewrap for a program of a unit, up to the program itself. */
export function bubblewrapArguments(given: Surroundings): readonly string[] {
  return [
    ...namespaces(given),
    ...systemMounts(given.system),
    ...processAndDevices(given.memoryBytes),
    ...ETC_FILES.flatMap((name) => ["--ro-bind", `${given.etc}/${name}`, `/etc/${name}`]),
    ...["--perms", "0755", "--size", String(RUN_BYTES), "--tmpfs", "/run"],
    ...["--dir", "/var", "--symlink", "../run", "/var/run", "--symlink", "../tmp", "/var/tmp"],
    ...mount(given.temporary, "/tmp", "1777"),
    ...mount(given.home, HOME, "0755"),
    ...mount(given.workspace, WORKSPACE, "0755"),
    ...["--remount-ro", "/"],
    ...environment({ ...DEFAULT_ENV, ...given.env }),
  ];
}

export type FileSurroundings = Pick<Surroundings, "system" | "canDisableUserNamespaces" | "mappedUser"> & {
  readonly workspace: string;
};

/**
 * The same for the small programs that work on a unit's files: the workspace is all that can be written, and there is
 * neither /proc nor /dev to be led into. They may pass over permissions, but only those of the unit's own user.
 */
export function fileArguments(given: FileSurroundings): readonly string[] {
  return [
    ...namespaces({ ...given, hostname: "files" }),
    ...["--cap-add", "CAP_DAC_OVERRIDE"],
    ...systemMounts(given.system),
    ...["--bind", given.workspace, WORKSPACE, "--remount-ro", "/"],
    ...environment({ PATH: "/usr/bin:/bin", LC_ALL: "C" }),
  ];
}

function namespaces(
  given: Pick<Surroundings, "canDisableUserNamespaces" | "mappedUser" | "hostname">,
): readonly string[] {
  const { mappedUser } = given;
  return [
    ...["--unshare-all", "--unshare-user"],
    ...(given.canDisableUserNamespaces ? ["--disable-userns"] : []),
    ...["--die-with-parent", "--new-session", "--cap-drop", "ALL", "--hostname", given.hostname],
    ...(mappedUser === undefined ? [] : ["--uid", String(mappedUser.uid), "--gid", String(mappedUser.gid)]),
    ...["--seccomp", String(DESCRIPTORS.filter)],
  ];
}

function systemMounts({ readable, links }: SystemTree): readonly string[] {
  return [
    ...readable.flatMap((path) => ["--ro-bind", path, path]),
    ...links.flatMap(({ path, target }) => ["--symlink", target, path]),
  ];
}

// PID 1 ends the run when Moorage is gone: its memory is closed to programs, which run as the same user.
function processAndDevices(memoryBytes: number): readonly string[] {
  const shared = String(Math.min(SHARED_MEMORY_BYTES, memoryBytes));
  return [
    ...["--proc", "/proc"],
    ...["/proc/1/mem", "/proc/1/task/1/mem"].flatMap((path) => ["--ro-bind", "/dev/null", path]),
    ...["--dev", "/dev", "--perms", "1777", "--size", shared, "--tmpfs", "/dev/shm", "--remount-ro", "/dev"],
  ];
}

function mount(place: Place, path: string, permissions: string): readonly string[] {
  if ("directory" in place) return ["--bind", place.directory, path];
  return ["--perms", permissions, "--size", String(place.memoryBytes), "--tmpfs", path];
}

function environment(env: Readonly<Record<string, string>>): readonly string[] {
  return ["--clearenv", ...Object.entries(env).flatMap(([name, value]) => ["--setenv", name, value])];
}
