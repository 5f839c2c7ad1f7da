import { asMoorageError, type MoorageError } from "../../../base/errors.ts";
import type { Diagnosis } from "../../engine.ts";
import { endpointName } from "../endpoint/endpoint.ts";
import { API_VERSION, compareVersions, type EngineApi } from "../api/engine-api.ts";
import { hostFixes } from "../api/host-fixes.ts";
import { InfoReply, VersionReply } from "../api/replies.ts";
import { describeHost } from "./describe-host.ts";
import { describeSocket } from "./describe-socket.ts";

const ANSWER_MS = 3_000;

/** Looks at the engine from its socket inwards; stops where nothing further can be seen. */
export async function diagnoseEngine(
  api: EngineApi,
  reason: string | undefined,
  signal?: AbortSignal,
): Promise<readonly Diagnosis[]> {
  const findings: Diagnosis[] = [...choice(api, reason), await describeSocket(api.endpoint)];
  const ping = await pinged(api, signal);
  findings.push(ping);
  if (ping.status === "failed") return findings;
  const version = await versioned(api, signal);
  findings.push(version);
  if (version.status === "failed") return findings;
  try {
    const info = await api.json({ method: "GET", path: "/info", timeoutMs: ANSWER_MS, signal }, InfoReply);
    findings.push(...describeHost(info));
  } catch (error) {
    findings.push(failure("engine.info", asMoorageError(error)));
  }
  return findings;
}

function choice({ endpoint }: EngineApi, reason: string | undefined): readonly Diagnosis[] {
  if (reason === undefined) return [];
  const message = `${endpointName(endpoint)} is used: ${reason}.`;
  return [{ check: "engine.endpoint", status: "ok", message, fix: null }];
}

async function pinged(api: EngineApi, signal?: AbortSignal): Promise<Diagnosis> {
  const begin = performance.now();
  try {
    await api.send({ method: "GET", path: "/_ping", unversioned: true, timeoutMs: ANSWER_MS, signal });
  } catch (error) {
    return failure("engine.ping", asMoorageError(error));
  }
  const took = Math.max(1, Math.round(performance.now() - begin));
  return {
    check: "engine.ping",
    status: "ok",
    message: `${endpointName(api.endpoint)} answers in ${took} ms.`,
    fix: null,
  };
}

async function versioned(api: EngineApi, signal?: AbortSignal): Promise<Diagnosis> {
  const check = "engine.api_version";
  try {
    const request = { method: "GET", path: "/version", unversioned: true, timeoutMs: ANSWER_MS, signal } as const;
    const { ApiVersion, Version } = await api.json(request, VersionReply);
    const message = `Docker Engine ${Version}, API ${ApiVersion} (at least ${API_VERSION} is needed).`;
    const newEnough = compareVersions(ApiVersion, API_VERSION) >= 0;
    return newEnough
      ? { check, status: "ok", message, fix: null }
      : { check, status: "failed", message, fix: hostFixes().upgrade };
  } catch (error) {
    return failure(check, asMoorageError(error));
  }
}

function failure(check: string, error: MoorageError): Diagnosis {
  return { check, status: "failed", message: error.message, fix: error.hint };
}
