import { constants } from "node:fs";
import { access, readFile } from "node:fs/promises";
import { join } from "node:path";
import { MoorageError } from "../../../base/errors.ts";

/** Absolute paths of the host's programs that start a run. */
export type Programs = {
  readonly bwrap: string;
  readonly sh: string;
  readonly prlimit: string;
  readonly rm: string;
  /** For Moorage running as root, which starts runs as an ordinary user. */
  readonly asRoot: RootPrograms | undefined;
};

export type RootPrograms = {
  readonly unshare: string;
  readonly setpriv: string;
  readonly mount: string;
  readonly umount: string;
};

// Not the caller's PATH: what starts a run as root comes from the system alone.
const DIRECTORIES = ["/usr/bin", "/bin", "/usr/sbin", "/sbin", "/usr/local/bin"];

const INSTALL: Readonly<Record<string, string>> = {
  debian: "apt-get install -y",
  ubuntu: "apt-get install -y",
  fedora: "dnf install -y",
  rhel: "dnf install -y",
  arch: "pacman -S --noconfirm",
  alpine: "apk add",
  suse: "zypper install -y",
};

/** Finds what is needed. Rejects with ENGINE_NOT_INSTALLED, naming the package for this system. */
export async function findPrograms(root: boolean, bwrapPath: string | undefined): Promise<Programs> {
  const [bwrap, sh, prlimit, rm, asRoot] = await Promise.all([
    bwrapPath === undefined ? required("bwrap", "bubblewrap") : given(bwrapPath),
    required("sh", "dash"),
    required("prlimit", "util-linux"),
    required("rm", "coreutils"),
    root ? findRootPrograms() : undefined,
  ]);
  return { bwrap, sh, prlimit, rm, asRoot };
}

async function findRootPrograms(): Promise<RootPrograms> {
  const [unshare, setpriv, mount, umount] = await Promise.all([
    required("unshare", "util-linux"),
    required("setpriv", "util-linux"),
    required("mount", "mount"),
    required("umount", "mount"),
  ]);
  return { unshare, setpriv, mount, umount };
}

/** The command that installs a package on this system, for people. */
export async function installCommand(name: string): Promise<string> {
  const release = await readFile("/etc/os-release", "utf8").catch(() => "");
  const value = (key: string): string => new RegExp(`^${key}="?([^"\n]*)"?$`, "m").exec(release)?.[1] ?? "";
  const known = [value("ID"), ...value("ID_LIKE").split(" ")]
    .map((id) => INSTALL[id])
    .find((found) => found !== undefined);
  return known === undefined ? `install the package ${name}` : `${known} ${name}`;
}

async function required(name: string, from: string): Promise<string> {
  for (const directory of DIRECTORIES) {
    const path = join(directory, name);
    if (await executable(path)) return path;
  }
  throw await missing(
    `The process engine needs the program ${name}, which is in none of ${DIRECTORIES.join(", ")}`,
    from,
  );
}

async function given(path: string): Promise<string> {
  if (await executable(path)) return path;
  throw await missing(
    `The process engine was told to use ${path}, which is no program that can be executed`,
    "bubblewrap",
  );
}

async function missing(what: string, from: string): Promise<MoorageError> {
  return new MoorageError("ENGINE_NOT_INSTALLED", `${what}.`, {
    hint: `Run: ${await installCommand(from)}`,
    details: { package: from },
  });
}

async function executable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
