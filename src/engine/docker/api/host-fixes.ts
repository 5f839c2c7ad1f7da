import { existsSync, readFileSync } from "node:fs";

/** Systems whose remedies differ. */
export type HostSystem = "debian" | "fedora" | "alpine" | "linux" | "macos" | "windows" | "container";

type Fixes = {
  readonly install: string;
  readonly start: string;
  readonly permission: string;
  readonly upgrade: string;
};

const GROUP = "Add yourself to its group with `sudo usermod -aG docker $USER`, then log in again.";
const DESKTOP_UPGRADE = "Update Docker Desktop: Docker Engine 20.10 (API 1.41) or newer is needed.";

const FIXES: Readonly<Record<HostSystem, Fixes>> = {
  debian: {
    install: "Install it with `sudo apt-get install docker.io`, then start it with `sudo systemctl start docker`.",
    start: "Start it with `sudo systemctl start docker`; its log: `journalctl -u docker`.",
    permission: GROUP,
    upgrade: "Update it with `sudo apt-get install docker.io`: Docker Engine 20.10 (API 1.41) or newer is needed.",
  },
  fedora: {
    install: "Install it with `sudo dnf install moby-engine`, then start it with `sudo systemctl start docker`.",
    start: "Start it with `sudo systemctl start docker`; its log: `journalctl -u docker`.",
    permission: GROUP,
    upgrade: "Update it with `sudo dnf upgrade moby-engine`: Docker Engine 20.10 (API 1.41) or newer is needed.",
  },
  alpine: {
    install: "Install it with `sudo apk add docker`, then start it with `sudo rc-service docker start`.",
    start: "Start it with `sudo rc-service docker start`; its log: /var/log/docker.log.",
    permission: "Add yourself to its group with `sudo addgroup $USER docker`, then log in again.",
    upgrade: "Update it with `sudo apk upgrade docker`: Docker Engine 20.10 (API 1.41) or newer is needed.",
  },
  linux: {
    install: "Install Docker Engine (https://docs.docker.com/engine/install/) and start it.",
    start: "Start the Docker service, for example with `sudo systemctl start docker` or `sudo service docker start`.",
    permission: GROUP,
    upgrade: "Update it: Docker Engine 20.10 (API 1.41) or newer is needed.",
  },
  container: {
    install:
      "This is a container: give it the engine of its machine with `-v /var/run/docker.sock:/var/run/docker.sock`.",
    start: "This is a container: start the engine on the machine around it, and mount its socket into here.",
    permission:
      'Start this container with `--group-add "$(stat -c %g /var/run/docker.sock)"`, run on the machine around it.',
    upgrade:
      "Update the engine of the machine around this container: Docker Engine 20.10 (API 1.41) or newer is needed.",
  },
  macos: {
    install: "Install Docker Desktop with `brew install --cask docker`, then start it with `open -a Docker`.",
    start: "Start Docker Desktop with `open -a Docker` and wait until it says that the engine runs.",
    permission: "Start Docker Desktop as the user who runs this; it makes the socket for that user.",
    upgrade: DESKTOP_UPGRADE,
  },
  windows: {
    install: "Install Docker Desktop with `winget install Docker.DockerDesktop`, then start it.",
    start: "Start Docker Desktop from the Start menu and wait until it says that the engine runs.",
    permission: "Add yourself to the group `docker-users`, then log in again.",
    upgrade: DESKTOP_UPGRADE,
  },
};

/** What to do on this system. */
export function hostFixes(system: HostSystem = hostSystem()): Fixes {
  return FIXES[system];
}

/** The system that this process runs on. */
function hostSystem(): HostSystem {
  if (process.platform === "darwin") return "macos";
  if (process.platform === "win32") return "windows";
  const marked = ["/.dockerenv", "/run/.containerenv"].some((mark) => existsSync(mark));
  // Disks that were made from a container's image keep its mark.
  const wholeDisk = /^\/dev\/\S+ \/ /m.test(textOf("/proc/self/mounts"));
  return marked && !wholeDisk ? "container" : systemOfRelease(textOf("/etc/os-release"));
}

/** Systems without the file get the general advice. */
function textOf(path: string): string {
  return existsSync(path) ? readFileSync(path, "utf8") : "";
}

/** The family that an os-release file tells. */
export function systemOfRelease(text: string): HostSystem {
  const ids = [...text.matchAll(/^ID(?:_LIKE)?=(.*)$/gm)].flatMap((match) =>
    (match[1] ?? "").replaceAll(/["']/g, "").split(" "),
  );
  if (ids.some((id) => id === "debian" || id === "ubuntu")) return "debian";
  if (ids.some((id) => id === "fedora" || id === "rhel" || id === "centos")) return "fedora";
  if (ids.includes("alpine")) return "alpine";
  return "linux";
}
