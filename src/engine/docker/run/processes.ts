import type { Duplex } from "node:stream";
import { sleep, throwIfCanceled } from "../../../base/deadline.ts";
import type { TerminalSize } from "../../engine.ts";
import { answerOf } from "../api/api-errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { CreatedReply, ExecReply } from "../api/replies.ts";

/** A process to be started beside a container's main one. */
export type ProcessSpec = {
  readonly containerId: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin: boolean;
  /** Absent: the unit's. */
  readonly user?: string | undefined;
  /** @default false */
  readonly tty?: boolean;
  readonly signal?: AbortSignal | undefined;
};

/** How long a container may be said to be paused that is not: the engine hears of a pause late, after its end even. */
const LATE_LOOKS = 10;
const LATE_LOOK_MS = 50;

export type StartedProcess = { readonly execId: string; readonly socket: Duplex };

/** Starts the process and takes over its streams. */
export async function startProcess(api: EngineApi, spec: ProcessSpec): Promise<StartedProcess> {
  const created = await createProcess(api, spec);
  throwIfCanceled(spec.signal);
  // Not cut off by the signal: the engine would start the process all the same, out of our reach.
  const path = `/exec/${created.Id}/start`;
  const socket = await api.hijack({ method: "POST", path, json: { Detach: false, Tty: spec.tty ?? false } });
  return { execId: created.Id, socket };
}

async function createProcess(api: EngineApi, spec: ProcessSpec): Promise<{ readonly Id: string }> {
  const json = {
    AttachStdin: spec.stdin,
    AttachStdout: true,
    AttachStderr: true,
    Tty: spec.tty ?? false,
    ...(spec.user === undefined ? {} : { User: spec.user }),
    Env: environment(spec.env ?? {}),
    Cmd: spec.command,
  };
  const request = { method: "POST", path: `/containers/${spec.containerId}/exec`, json, signal: spec.signal } as const;
  for (let look = 0; ; look += 1) {
    try {
      return await api.json(request, CreatedReply);
    } catch (error) {
      if (look === LATE_LOOKS || !/is paused/.test(answerOf(error)?.words ?? "")) throw error;
    }
    await sleep(LATE_LOOK_MS, spec.signal);
  }
}

/** Undefined when its container is gone. */
export function inspectProcess(api: EngineApi, execId: string): Promise<ExecReply | undefined> {
  return api.find({ method: "GET", path: `/exec/${execId}/json` }, ExecReply);
}

/** A process that has ended keeps its size. */
export async function resizeProcess(api: EngineApi, execId: string, size: TerminalSize): Promise<void> {
  const query = { h: String(size.rows), w: String(size.columns) };
  try {
    await api.send({ method: "POST", path: `/exec/${execId}/resize`, query });
  } catch (error) {
    if ((await inspectProcess(api, execId))?.Running === true) throw error;
  }
}

/** As engines take it: `NAME=value`. */
export function environment(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}
