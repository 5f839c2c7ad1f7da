import type { Diagnosis } from "../../engine.ts";
import type { InfoReply } from "../api/replies.ts";

/** What the engine tells about the machine that it runs on. */
export function describeHost(info: InfoReply): readonly Diagnosis[] {
  return [storage(info), cgroups(info), ...memoryNews(info), runtimes(info), security(info), rootless(info)];
}

/** What users of this engine should know, in short. */
export function engineWarnings(info: InfoReply): readonly string[] {
  const findings = describeHost(info).filter((finding) => finding.status !== "ok");
  return findings.map((finding) => finding.message);
}

function storage({ Driver, DriverStatus }: InfoReply): Diagnosis {
  const check = "engine.storage";
  const backing = DriverStatus?.find(([name]) => name === "Backing Filesystem")?.[1];
  const where = backing === undefined ? Driver : `${Driver} on ${backing}`;
  if (Driver === "vfs") {
    const message = `Storage is ${where}, which copies a whole image for each sandbox.`;
    return {
      check,
      status: "warning",
      message,
      fix: 'Set "storage-driver": "overlay2" in /etc/docker/daemon.json and restart Docker.',
    };
  }
  return {
    check,
    status: "ok",
    message: `Storage is ${where}.`,
    fix: null,
  };
}

function cgroups(info: InfoReply): Diagnosis {
  const check = "engine.cgroups";
  const version = `Control groups v${info.CgroupVersion ?? "1"} (${info.CgroupDriver ?? "unknown driver"})`;
  const limits = [
    ["memory", info.MemoryLimit],
    ["cpu", info.CpuCfsQuota],
    ["pids", info.PidsLimit],
  ] as const;
  const missing = limits.filter(([, there]) => there === false).map(([name]) => name);
  if (missing.length > 0 || info.CgroupDriver === "none") {
    const what = missing.length > 0 ? missing.join(", ") : "memory, cpu, pids";
    return { check, status: "failed", message: `${version} cannot limit ${what}.`, fix: cgroupFix(info) };
  }
  if (info.SwapLimit === false) {
    const message = `${version} limit memory, cpu and pids, but not swap: a sandbox may use this machine's swap space.`;
    return { check, status: "warning", message, fix: "Turn swap off (`sudo swapoff -a`), or boot with swapaccount=1." };
  }
  return { check, status: "ok", message: `${version} limit memory, cpu and pids.`, fix: null };
}

/** Only Podman says which Buildah is in it. */
function memoryNews({ BuildahVersion, CgroupVersion }: InfoReply): readonly Diagnosis[] {
  if (BuildahVersion === undefined || CgroupVersion !== "1") return [];
  const message = "Podman on control groups v1 does not tell when a job was ended for memory: it ends with 137 alone.";
  const fix = "Boot with control groups v2 (systemd.unified_cgroup_hierarchy=1).";
  return [{ check: "engine.memory", status: "warning", message, fix }];
}

function cgroupFix(info: InfoReply): string {
  if (isRootless(info))
    return "Delegate control groups to the user: https://docs.docker.com/engine/security/rootless/#limiting-resources";
  return "Enable the controllers at boot, for example with cgroup_enable=memory on the kernel's command line.";
}

/** What containers may be started by, without the spelling of Docker's first containerd. */
export function runtimeNames({ Runtimes }: InfoReply): readonly string[] {
  return Object.keys(Runtimes ?? {})
    .filter((name) => name !== "io.containerd.runtime.v1.linux")
    .toSorted();
}

function runtimes(info: InfoReply): Diagnosis {
  const names = runtimeNames(info).map((name) => (name === info.DefaultRuntime ? `${name} (default)` : name));
  return { check: "engine.runtimes", status: "ok", message: `Runtimes: ${names.join(", ") || "unknown"}.`, fix: null };
}

function security({ SecurityOptions }: InfoReply): Diagnosis {
  const check = "engine.security";
  const options = (SecurityOptions ?? []).map((option) => option.replace(/^name=/, "").replace(/,.*/, ""));
  if (options.includes("seccomp")) {
    return {
      check,
      status: "ok",
      message: `System calls are filtered; security options: ${options.join(", ")}.`,
      fix: null,
    };
  }
  const message = "This engine does not filter system calls (no seccomp), so sandboxes reach more of the kernel.";
  return { check, status: "warning", message, fix: "Use a kernel and a Docker Engine that are built with seccomp." };
}

function rootless(info: InfoReply): Diagnosis {
  const message = isRootless(info)
    ? "The engine runs without root rights (rootless)."
    : "The engine runs as root; who can use its socket is as good as root.";
  return { check: "engine.rootless", status: "ok", message, fix: null };
}

function isRootless({ SecurityOptions }: InfoReply): boolean {
  return (SecurityOptions ?? []).some((option) => option.startsWith("name=rootless"));
}
