import type { Duplex } from "node:stream";
import { throwIfCanceled } from "../../../base/deadline.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { CreatedReply, ExecReply } from "../api/replies.ts";

/** A process to be started beside a container's main one. */
export type ProcessSpec = {
  readonly containerId: string;
  readonly command: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly stdin: boolean;
  readonly signal?: AbortSignal | undefined;
};

export type StartedProcess = { readonly execId: string; readonly socket: Duplex };

/** Starts the process and takes over its streams. It runs as the unit's user. */
export async function startProcess(api: EngineApi, spec: ProcessSpec): Promise<StartedProcess> {
  const created = await api.json(
    {
      method: "POST",
      path: `/containers/${spec.containerId}/exec`,
      json: {
        AttachStdin: spec.stdin,
        AttachStdout: true,
        AttachStderr: true,
        Tty: false,
        Env: environment(spec.env ?? {}),
        Cmd: spec.command,
      },
      signal: spec.signal,
    },
    CreatedReply,
  );
  throwIfCanceled(spec.signal);
  // Not cut off by the signal: the engine would start the process all the same, out of our reach.
  const path = `/exec/${created.Id}/start`;
  const socket = await api.hijack({ method: "POST", path, json: { Detach: false, Tty: false } });
  return { execId: created.Id, socket };
}

/** Undefined when its container is gone. */
export function inspectProcess(api: EngineApi, execId: string): Promise<ExecReply | undefined> {
  return api.find({ method: "GET", path: `/exec/${execId}/json` }, ExecReply);
}

/** As engines take it: `NAME=value`. */
export function environment(env: Readonly<Record<string, string>>): string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}
