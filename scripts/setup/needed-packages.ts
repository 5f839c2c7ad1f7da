import { access, readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { hasProgram, type NeededPackage } from "./packages.ts";
import { runProgram } from "./run-program.ts";

/** Where busybox-static puts it. The package busybox puts one there that is linked against libraries. */
export const STATIC_BUSYBOX = "/bin/busybox";
const DEBIAN_KEYRING = "/usr/share/keyrings/debian-archive-keyring.gpg";

export const DOCKER_ENGINE: NeededPackage = { name: "docker.io", isHere: () => hasProgram("dockerd") };

/** The process engine, which needs it, is one for Linux alone. */
export const BUBBLEWRAP: NeededPackage = {
  name: "bubblewrap",
  isHere: onLinux("bwrap"),
};

/** What the tests of engines elsewhere need: an engine behind TLS, and one behind SSH. */
const REMOTE_ENGINES: readonly NeededPackage[] = [
  { name: "openssl", isHere: onLinux("openssl") },
  { name: "openssh-client", isHere: onLinux("ssh") },
  { name: "openssh-server", isHere: onLinux("sshd") },
];

/** What the tests of another engine need: it, what it starts containers by, and the init program that it gives them. */
const PODMAN: readonly NeededPackage[] = [
  { name: "podman", isHere: onLinux("podman") },
  { name: "crun", isHere: onLinux("crun") },
  { name: "catatonit", isHere: onLinux("catatonit") },
];

/** What reads images in files and registries, to see what others make of what was exported. */
const SKOPEO: NeededPackage = { name: "skopeo", isHere: onLinux("skopeo") };

/** What the tests of registries need: one. */
const REGISTRY: NeededPackage = { name: "docker-registry", isHere: onLinux("docker-registry") };

/** What the tests of signing in need: a browser. */
const BROWSER: NeededPackage = { name: "chromium", isHere: onLinux("chromium") };

/** What the tests of deployments need: what starts the Compose file, what judges the units, and what takes rights away. */
const DEPLOYMENT: readonly NeededPackage[] = [
  { name: "docker-compose", isHere: onLinux("docker-compose") },
  { name: "systemd", isHere: onLinux("systemd-analyze") },
  { name: "util-linux", isHere: onLinux("setpriv") },
];

/** What the test that makes requests up from openapi.json needs: where the program that does it is installed. */
const PYTHON_VENV: NeededPackage = {
  name: "python3-venv",
  isHere: async () => {
    if (process.platform !== "linux") return true;
    const { code } = await runProgram(["python3", "-c", "import ensurepip, venv"], { deadlineMs: PYTHON_MS });
    return code === 0;
  },
};

const PYTHON_MS = 30_000;
const FAKETIME_LIBRARY = "faketime/libfaketimeMT.so.1";

/** What a test sets the clock of a program by. */
const FAKETIME: NeededPackage = {
  name: "libfaketime",
  isHere: async () => process.platform !== "linux" || (await faketimeLibrary()) !== undefined,
};

/** The library that lends a program another clock; undefined where there is none. */
export async function faketimeLibrary(): Promise<string | undefined> {
  for (const directory of await readdir("/usr/lib").catch((): string[] => [])) {
    const path = join("/usr/lib", directory, FAKETIME_LIBRARY);
    const there = await access(path).then(
      () => true,
      () => false,
    );
    if (there) return path;
  }
  return undefined;
}

/** Where AppArmor is on, the engine cannot start a container without its parser. */
export const APPARMOR: NeededPackage = {
  name: "apparmor",
  isHere: async () => !(await isAppArmorOn()) || hasProgram("apparmor_parser"),
};

export const BUSYBOX_STATIC: NeededPackage = {
  name: "busybox-static",
  isHere: () => isStatic(STATIC_BUSYBOX).catch(() => false),
};

export const DEBOOTSTRAP: NeededPackage = { name: "debootstrap", isHere: () => hasProgram("debootstrap") };

/** Without it debootstrap on another distribution would take packages unverified. */
export const DEBIAN_ARCHIVE_KEYRING: NeededPackage = {
  name: "debian-archive-keyring",
  isHere: () =>
    access(DEBIAN_KEYRING).then(
      () => true,
      () => false,
    ),
};

/** Elsewhere the tests that need it are not there either. */
function onLinux(program: string): () => Promise<boolean> {
  return async () => process.platform !== "linux" || hasProgram(program);
}

async function isAppArmorOn(): Promise<boolean> {
  const enabled = await readFile("/sys/module/apparmor/parameters/enabled", "utf8").catch(() => "N");
  return enabled.startsWith("Y");
}

/** A dynamic program names its loader in its first pages. */
export async function isStatic(program: string): Promise<boolean> {
  const content = await readFile(program);
  return !content.subarray(0, 8192).includes("/ld-");
}

/** What `npm test` needs. */
export const TEST_PACKAGES: readonly NeededPackage[] = [
  ...[BROWSER, BUBBLEWRAP, FAKETIME, PYTHON_VENV, REGISTRY, SKOPEO],
  ...[...REMOTE_ENGINES, ...PODMAN, ...DEPLOYMENT],
];
