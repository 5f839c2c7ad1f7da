import { MoorageError } from "../../../base/errors.ts";
import type { Engine } from "../../engine.ts";
import { answerOf } from "../api/api-errors.ts";
import { attachUnit, startUnit } from "./start-unit.ts";
import { WORKSPACE } from "./container-spec.ts";
import type { UnitContext } from "./create-unit.ts";
import type { StartGate } from "./start-gate.ts";
import type { Unit } from "./units.ts";

/** Beyond the grace, for the engine to confirm the end. */
const STOP_SLACK_MS = 20_000;
const CONFLICT_STATUS = 409;

type LifecycleContext = UnitContext & {
  /** Stops waiting for the readers of a container's outputs. */
  readonly release: (containerId: string) => void;
  readonly gate: StartGate;
  /** Called when a sandbox has come up. */
  readonly prepare: (id: string) => void;
};

/** Stopping, starting and holding still the container of a sandbox. */
export function createLifecycle(context: LifecycleContext): Required<Pick<Engine, "stop" | "start" | "freezer">> {
  const { api, units } = context;
  const existing = async (id: string, signal?: AbortSignal): Promise<Unit> => {
    const unit = await units.find(id, signal);
    if (unit?.identity.kind === "sandbox") return unit;
    throw new MoorageError("NOT_FOUND", `There is no sandbox ${id} on this engine.`);
  };
  return {
    stop: async (id, { graceMs }, signal) => {
      const { container } = await existing(id, signal);
      if (container.State.Status === "paused") await thaw(context, container.Id);
      const query = { t: String(Math.ceil(graceMs / 1000)) };
      const path = `/containers/${container.Id}/stop`;
      context.release(container.Id);
      // Not cut off by the signal: the engine would go on, unseen.
      await api.send({ method: "POST", path, query, timeoutMs: graceMs + STOP_SLACK_MS });
    },
    start: async (id, signal) => {
      const { container } = await existing(id, signal);
      if (container.State.Status === "running" || container.State.Status === "paused") return;
      await context.networks.close(id);
      await context.named.enterAgain(container);
      // The image's own program says nothing to us.
      if (container.HostConfig.LogConfig?.Type !== "none") {
        await api.send({ method: "POST", path: `/containers/${container.Id}/start` });
        return context.prepare(id);
      }
      const attached = await attachUnit(api, container.Id, false);
      try {
        await startUnit(api, attached, WORKSPACE);
      } finally {
        await attached.output.close();
      }
      context.prepare(id);
    },
    freezer: {
      obstacle: () => Promise.resolve(undefined),
      pause: async (id, signal) => {
        const unit = await units.find(id, signal);
        const status = unit?.container.State.Status;
        if (unit === undefined || (status !== "running" && status !== "paused")) throw notRunning(id, status);
        if (status === "running") await freeze(context, unit.container.Id);
      },
      unpause: async (id, signal) => {
        const unit = await units.find(id, signal);
        const status = unit?.container.State.Status;
        if (unit === undefined || (status !== "running" && status !== "paused")) throw notRunning(id, status);
        if (status === "paused") await thaw(context, unit.container.Id);
      },
    },
  };
}

function freeze(context: LifecycleContext, containerId: string): Promise<void> {
  return context.gate.alone(containerId, () => passing(send(context, containerId, "pause"), CONFLICT_STATUS));
}

function thaw(context: LifecycleContext, containerId: string): Promise<void> {
  return passing(send(context, containerId, "unpause"), CONFLICT_STATUS);
}

function send({ api }: LifecycleContext, containerId: string, verb: "pause" | "unpause"): Promise<void> {
  return api.send({ method: "POST", path: `/containers/${containerId}/${verb}` });
}

/** Somebody else was faster: it is in that state already. */
async function passing(work: Promise<void>, status: number): Promise<void> {
  try {
    await work;
  } catch (error) {
    if (answerOf(error)?.status !== status) throw error;
  }
}

function notRunning(id: string, status: string | undefined): MoorageError {
  return new MoorageError("SANDBOX_NOT_RUNNING", `The sandbox ${id} is ${status ?? "not on this engine"}.`);
}
