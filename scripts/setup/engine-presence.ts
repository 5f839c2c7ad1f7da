import { hasCode } from "./error-code.ts";
import { engineAddresses, engineJson, engineRequest, type EngineAddress } from "./engine-http.ts";

/** `denied`: an engine listens, but this user may not talk to it. */
export type EnginePresence = "answers" | "denied" | "absent";

export interface FoundEngine {
  address: EngineAddress;
  presence: EnginePresence;
}

const PING_MS = 5_000;

/** One question to one address. Never rejects: what does not answer is absent. */
export async function pingEngine(address: EngineAddress, signal: AbortSignal): Promise<EnginePresence> {
  try {
    const deadline = AbortSignal.any([signal, AbortSignal.timeout(PING_MS)]);
    const answer = await engineRequest(address, { method: "GET", path: "/_ping", signal: deadline });
    answer.resume();
    return "answers";
  } catch (error) {
    return hasCode(error, "EACCES", "EPERM") ? "denied" : "absent";
  }
}

/** The first engine that answers, else the first that is denied; undefined where nothing listens. */
export async function findEngine(
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal,
): Promise<FoundEngine | undefined> {
  let denied: FoundEngine | undefined;
  for (const address of engineAddresses(environment)) {
    const presence = await pingEngine(address, signal);
    if (presence === "answers") return { address, presence };
    if (presence === "denied") denied ??= { address, presence };
  }
  return denied;
}

/** The engine's version, for a line that a person reads. */
export async function engineVersion(address: EngineAddress, signal: AbortSignal): Promise<string> {
  const deadline = AbortSignal.any([signal, AbortSignal.timeout(PING_MS)]);
  const version = await engineJson(address, { method: "GET", path: "/version", signal: deadline });
  const known = typeof version === "object" && version !== null && "Version" in version;
  return known ? String(version.Version) : "of unknown version";
}
