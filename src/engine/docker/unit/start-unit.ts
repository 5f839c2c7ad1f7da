import type { Duplex } from "node:stream";
import { withDeadline } from "../../../base/deadline.ts";
import { MoorageError } from "../../../base/errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { AttachedOutput, textOf } from "../run/attached-output.ts";
import { CWD_LINE, READY_LINE } from "../run/run-scripts.ts";

const READY_MS = 20_000;

/** The streams of a container's main process. */
export type AttachedUnit = { readonly containerId: string; readonly socket: Duplex; readonly output: AttachedOutput };

/** Takes over the streams; to be done before the start, so that nothing is missed. */
export async function attachUnit(api: EngineApi, containerId: string, stdin: boolean): Promise<AttachedUnit> {
  const query = { stream: "1", stdout: "1", stderr: "1", ...(stdin ? { stdin: "1" } : {}) };
  const socket = await api.hijack({ method: "POST", path: `/containers/${containerId}/attach`, query });
  return { containerId, socket, output: new AttachedOutput(socket) };
}

/** Starts the container and returns when its shell has come up. */
export async function startUnit(api: EngineApi, attached: AttachedUnit, cwd: string): Promise<void> {
  const { output } = attached;
  try {
    await api.send({ method: "POST", path: `/containers/${attached.containerId}/start` });
    const line = await withDeadline(output.firstLine, READY_MS, "Starting the container");
    if (line === READY_LINE) return;
    if (line === CWD_LINE) throw noDirectory(cwd);
    await output.finish();
    throw notStarted([line ?? "", await textOf(output.chunks)].filter((part) => part !== "").join(" "));
  } catch (error) {
    await output.finish();
    throw error;
  }
}

export function noDirectory(cwd: string): MoorageError {
  return new MoorageError(
    "INVALID_INPUT",
    `The working directory "${cwd}" is not a directory that this run can enter.`,
    {
      hint: "Name a directory that exists inside; /workspace always does.",
    },
  );
}

function notStarted(words: string): MoorageError {
  return new MoorageError(
    "START_FAILED",
    `The container did not start: ${words === "" ? "no reason was given" : words}`,
    {
      hint: "The image needs /bin/sh, and the engine an init program (docker-init).",
    },
  );
}
