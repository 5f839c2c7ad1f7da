import { MoorageError } from "../base/errors.ts";
import { formatBytes, formatDuration } from "../base/quantities.ts";
import type { BuildLimits, Limits, ProfileName } from "../contracts/types.ts";
import type { Policy } from "./policy.ts";

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;

export type Profile = {
  readonly limits: Limits & { readonly timeoutMs: number };
  readonly writableRoot: boolean;
  readonly capabilities: readonly string[];
};

/** What `apt-get` and `pip` need under no-new-privileges; and KILL, without which root could not end what it started as another user. */
const PACKAGE_CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETFCAP", "SETGID", "SETUID"];

export const PROFILES: Readonly<Record<ProfileName, Profile>> = {
  job: {
    limits: { memoryBytes: 512 * MIB, cpus: 1, pids: 256, diskBytes: 4 * GIB, timeoutMs: 120_000 },
    writableRoot: false,
    capabilities: [],
  },
  sandbox: {
    limits: { memoryBytes: 512 * MIB, cpus: 0.5, pids: 256, diskBytes: 10 * GIB, timeoutMs: 30_000 },
    writableRoot: true,
    capabilities: PACKAGE_CAPABILITIES,
  },
};

export type LimitRequest = {
  readonly memoryBytes?: number | undefined;
  readonly cpus?: number | undefined;
  readonly pids?: number | undefined;
  readonly diskBytes?: number | undefined;
  readonly timeoutMs?: number | undefined;
};

const BUILD_LIMITS = { memoryBytes: 2 * GIB, cpus: 2, pids: 1024, timeoutMs: 900_000 } as const;

/** The limits of a build: what was asked for, else its own defaults; LIMIT_EXCEEDED beyond the administrator's maxima. */
export function resolveBuildLimits(asked: Omit<LimitRequest, "diskBytes">, maxima: Policy["maxima"]): BuildLimits {
  const limit = limiter(BUILD_LIMITS, asked, maxima);
  return {
    memoryBytes: limit("memoryBytes"),
    cpus: limit("cpus"),
    pids: limit("pids"),
    timeoutMs: limit("timeoutMs"),
  };
}

/** The limits in force: what was asked for, else the profile's; LIMIT_EXCEEDED beyond the administrator's maxima. */
export function resolveLimits(
  profile: ProfileName,
  asked: LimitRequest,
  maxima: Policy["maxima"],
): Limits & { readonly timeoutMs: number } {
  const limit = limiter(PROFILES[profile].limits, asked, maxima);
  return {
    memoryBytes: limit("memoryBytes"),
    cpus: limit("cpus"),
    pids: limit("pids"),
    diskBytes: limit("diskBytes"),
    timeoutMs: limit("timeoutMs"),
  };
}

/** What each limit is. */
function limiter<Name extends keyof LimitRequest>(
  defaults: Readonly<Record<Name, number>>,
  asked: LimitRequest,
  maxima: Policy["maxima"],
): (name: Name) => number {
  return (name) => {
    const value = asked[name] ?? Math.min(defaults[name], maxima[name]);
    if (value > maxima[name]) throw tooMuch(name, value, maxima[name]);
    return value;
  };
}

function tooMuch(limit: keyof LimitRequest, value: number, maximum: number): MoorageError {
  const over = `is ${written(limit, value)}; the maximum here is ${written(limit, maximum)}`;
  return new MoorageError("LIMIT_EXCEEDED", `${limit} ${over}.`, {
    hint: `Ask for less, or have an administrator raise maxima.${limit} in moorage.config.json.`,
    details: { limit, over, value, maximum },
  });
}

function written(limit: keyof LimitRequest, value: number): string {
  if (limit === "memoryBytes") return formatBytes(value);
  return limit === "timeoutMs" ? formatDuration(value) : String(value);
}
