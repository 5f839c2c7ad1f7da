import type { Host, HostSystem } from "./host.ts";

/** What differs from system to system. */
type Remedies = {
  readonly space: string;
  readonly clock: string;
  /** Limits that the kernel or the engine does not keep. */
  readonly limits: string;
};

const PRUNE = "Free space with `docker system prune`; `df -h` shows which file system is full.";
const DESKTOP_SPACE = "Free space with `docker system prune`, or give Docker Desktop a larger disk in its settings.";
const DESKTOP_LIMITS = "Update Docker Desktop and restart it: its Linux kernel keeps these limits.";
const BOOT = "`cgroup_enable=memory swapaccount=1`";

const REMEDIES: Readonly<Record<HostSystem, Remedies>> = {
  debian: {
    space: PRUNE,
    clock: "Run `sudo timedatectl set-ntp true`.",
    limits: `Add ${BOOT} to GRUB_CMDLINE_LINUX in /etc/default/grub, run \`sudo update-grub\` and restart.`,
  },
  fedora: {
    space: PRUNE,
    clock: "Run `sudo timedatectl set-ntp true`.",
    limits: `Run \`sudo grubby --update-kernel=ALL --args="cgroup_enable=memory swapaccount=1"\` and restart.`,
  },
  alpine: {
    space: PRUNE,
    clock: "Run `sudo apk add chrony && sudo rc-service chronyd start`.",
    limits: "Run `sudo rc-update add cgroups && sudo rc-service cgroups start`, then restart Docker.",
  },
  linux: {
    space: PRUNE,
    clock: "Start a time service such as chrony or systemd-timesyncd.",
    limits: `Start the kernel with ${BOOT}, and let control groups be mounted.`,
  },
  macos: {
    space: DESKTOP_SPACE,
    clock: "Run `sudo sntp -sS time.apple.com`, then restart Docker Desktop: its machine takes the time over.",
    limits: DESKTOP_LIMITS,
  },
  windows: {
    space: DESKTOP_SPACE,
    clock: "Run `w32tm /resync` as administrator, then `wsl --shutdown` and start Docker Desktop again.",
    limits: DESKTOP_LIMITS,
  },
};

/** The process engine runs on this machine's own kernel, without Docker. */
const WITHOUT_DOCKER: Partial<Remedies> = {
  space: "Free space where MOORAGE_HOME lies; `df -h` shows which file system is full.",
  limits:
    "Let Moorage make control groups: run it as root, or by `systemd-run --user --scope -p Delegate=yes moorage …`.",
};

/** What to do on this host; in a container the machine around it is what has to change. */
export function remedy({ system, container, engine }: Host, problem: keyof Remedies): string {
  const text = (engine === "process" ? WITHOUT_DOCKER[problem] : undefined) ?? REMEDIES[system][problem];
  return container === undefined ? text : `On the machine that hosts this container: ${text}`;
}
