import type { ProbeOutcome, ProfileName } from "../../contracts/types.ts";
import { PROFILES } from "../profiles.ts";

/** In which sandbox a probe ran. */
export type Setting = Pick<ProbeOutcome, "profile" | "network">;

export type Verdict = Pick<ProbeOutcome, "outcome" | "message">;

/** What the program inside tries, by the name under which it tells of it. */
const TRIES = {
  "write-outside": "write outside of the workspace",
  "kernel-files": "open settings of the kernel for writing",
  devices: "find or make a device of the machine",
  "engine-socket": "find the socket of an engine",
  "host-processes": "see processes of the machine",
  capabilities: "have more capabilities than the profile grants",
  "set-id-programs": "gain privileges by a set-user-id program",
  "become-root": "become root",
  "user-namespace": "make a user namespace",
  mount: "mount a file system",
  "ptrace-init": "trace the process that ends it in time",
  keyring: "read a keyring of the kernel",
  bpf: "load a program into the kernel",
  "perf-events": "watch the kernel's events",
  "io-uring": "make system calls past the filter (io_uring)",
  userfaultfd: "stop the kernel in a page fault",
  vsock: "reach the machine below by AF_VSOCK",
  "raw-socket": "forge packets by a raw socket",
  "packet-socket": "listen to a network's packets",
  host: "reach a port of this machine, by each of its addresses and the gateway",
  "host-udp": "the same by UDP",
  "engine-tcp": "reach an engine's TCP ports on this machine",
  metadata: "reach a cloud's metadata service",
  dns: "send a DNS question out, with an answer",
  internet: "reach the internet",
  sibling: "reach another sandbox of the same owner",
  member: "reach another member of its network by name",
  proxy: "get past the allow list by its proxy: other names, addresses, this machine",
} as const;

type InsideProbe = keyof typeof TRIES;

/** Probes that are about one policy alone, by what it begins with. */
const ONLY_UNDER: Readonly<Record<string, string>> = { member: "net:", proxy: "allow:" };

/** What an `open` network is there for. */
const OPEN_GRANTS: readonly string[] = ["dns", "internet"];

const CAPABILITY_BITS: Readonly<Record<string, bigint>> = {
  ...{ CHOWN: 0n, DAC_OVERRIDE: 1n, FOWNER: 3n, FSETID: 4n, KILL: 5n, SETGID: 6n, SETUID: 7n, NET_BIND_SERVICE: 10n },
  SETFCAP: 31n,
};

/** The outcome of each probe inside, from what the program printed. What it did not tell was not tried. */
export function judgeInside(printed: string, setting: Setting): readonly ProbeOutcome[] {
  const told = new Map<string, readonly [said: string, detail: string]>();
  for (const line of printed.split("\n")) {
    const [name = "", said = "", detail = ""] = line.split("\t");
    told.set(name, [said, detail]);
  }
  const missing = told.has("python") ? "the image has no python3" : "the program inside did not come so far";
  const tried = Object.entries(TRIES).filter(([probe]) => setting.network.startsWith(ONLY_UNDER[probe] ?? ""));
  return tried.map(([probe, tries]) => {
    const [said, detail] = told.get(probe) ?? ["not_tried", missing];
    return { ...setting, probe, tries, ...verdict(probe as InsideProbe, [said, detail], setting) };
  });
}

function verdict(probe: InsideProbe, [said, detail]: readonly [string, string], setting: Setting): Verdict {
  const { profile, network } = setting;
  if (probe === "capabilities" && said === "seen") return judgeCapabilities(detail, profile);
  if (said === "root") {
    const granted = profile !== "job";
    return { outcome: granted ? "by_design" : "broken", message: detail };
  }
  if (probe === "member") return judgeMember(said, detail);
  if (said === "held" || said === "not_tried") return { outcome: said, message: detail };
  if (said !== "broken") return { outcome: "not_tried", message: `an answer that is not known: ${said}` };
  const granted =
    (probe === "write-outside" && PROFILES[profile].writableRoot) ||
    (network === "open" && OPEN_GRANTS.includes(probe));
  return { outcome: granted ? "by_design" : "broken", message: detail };
}

/** The one place that is promised. */
function judgeMember(said: string, detail: string): Verdict {
  if (said === "broken") return { outcome: "by_design", message: detail };
  if (said !== "held") return { outcome: "not_tried", message: detail };
  return { outcome: "broken", message: `what is promised fails: ${detail}` };
}

function judgeCapabilities(seen: string, profile: ProfileName): Verdict {
  const [effective = ""] = seen.split(" ");
  if (!/^[0-9a-f]{16}$/.test(effective)) return { outcome: "not_tried", message: `not readable: ${seen}` };
  const granted = PROFILES[profile].capabilities.reduce(
    (mask, name) => mask | (1n << (CAPABILITY_BITS[name] ?? 64n)),
    0n,
  );
  const beyond = BigInt(`0x${effective}`) & ~granted;
  if (beyond === 0n) return { outcome: "held", message: `has ${effective}` };
  return { outcome: "broken", message: `has ${effective}, of which ${beyond.toString(16)} is not granted` };
}
