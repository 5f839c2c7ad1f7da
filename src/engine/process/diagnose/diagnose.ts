import { asMoorageError } from "../../../base/errors.ts";
import type { Diagnosis } from "../../engine.ts";
import { enforcedLimits, type EngineParts } from "../engine-parts.ts";
import { probe } from "./probe.ts";

const GROUPS_FIX =
  "Run Moorage as root, or as a systemd service with Delegate=yes, so that limits are kept by the kernel.";

/** Looks at everything that can be wrong; each finding stands for itself. */
export async function diagnose(ready: () => Promise<EngineParts>): Promise<readonly Diagnosis[]> {
  let parts: EngineParts;
  try {
    parts = await ready();
  } catch (error) {
    return [failed("engine.bubblewrap", error)];
  }
  const { host } = parts;
  const { bwrap } = host.programs;
  return [
    ok("engine.bubblewrap", `bubblewrap ${host.bubblewrapVersion} is installed (${bwrap}).`),
    ok("engine.user", userMessage(parts)),
    ...(await namespaces(parts)),
    groupsFinding(parts),
  ];
}

function userMessage({ host }: EngineParts): string {
  return host.programs.asRoot === undefined
    ? `Moorage runs as uid ${host.uid}, and programs as the same user.`
    : "Moorage runs as root, and programs as another user.";
}

async function namespaces(parts: EngineParts): Promise<readonly Diagnosis[]> {
  try {
    const { seccompMode } = await probe(parts);
    const filter: Diagnosis =
      seccompMode === 2
        ? ok("engine.seccomp", `System calls are filtered (${parts.host.machine}).`)
        : {
            check: "engine.seccomp",
            status: "failed",
            message: `System calls of a program are not filtered: mode ${seccompMode}, expected 2.`,
            fix: "Use a kernel with CONFIG_SECCOMP_FILTER, and a bubblewrap that was built with it.",
          };
    return [ok("engine.namespaces", "A program ran in namespaces of its own."), filter];
  } catch (error) {
    return [failed("engine.namespaces", error)];
  }
}

function groupsFinding({ groups }: EngineParts): Diagnosis {
  const check = "engine.cgroups";
  const enforced = enforcedLimits(groups);
  const missing = Object.entries(enforced).flatMap(([name, there]) => (there ? [] : [name]));
  const there = Object.keys(enforced).filter((name) => !missing.includes(name));
  if (groups !== undefined && missing.length === 0)
    return ok(check, `Control groups v${groups.version} limit ${there.join(", ")}.`);
  return {
    check,
    status: "warning",
    message: `No control group limits ${missing.join(", ")}: resource limits of each process and a watchdog stand in, but not for cpu.`,
    fix: GROUPS_FIX,
  };
}

function ok(check: string, message: string): Diagnosis {
  return { check, status: "ok", message, fix: null };
}

function failed(check: string, error: unknown): Diagnosis {
  const { message, hint } = asMoorageError(error);
  return { check, status: "failed", message, fix: hint };
}
