import type { Logger } from "../../../base/logger.ts";
import type { EngineApi } from "../api/engine-api.ts";
import type { AttachedOutput } from "./attached-output.ts";
import type { EngineEvents } from "./engine-events.ts";
import type { PeakMeter } from "./peak-meter.ts";

/** What a run in a sandbox is started and followed with. */
export type ExecContext = {
  readonly api: EngineApi;
  readonly logger: Logger;
  readonly events: EngineEvents;
  readonly containerId: string;
  /** When the container was started, in ms: pids inside are valid until it ends. */
  readonly containerStartedAt: number;
  readonly peaks: Promise<PeakMeter>;
  /** How long a run may take to announce itself, ms. */
  readonly announceMs: number;
  /** Everything that starts a process in the container begins by it: see `StartGate`. */
  readonly gate: <T>(start: () => Promise<T>) => Promise<T>;
  /** As the gate, for what ends a run. */
  readonly urgent: <T>(start: () => Promise<T>) => Promise<T>;
  /** Ends the whole sandbox. */
  readonly stopUnit: () => Promise<void>;
  /** Called while the run's output is read, so that it can be released before the unit is killed. */
  readonly track: (containerId: string, output: AttachedOutput) => void;
  /** Aborts when the engine object is closed; what runs goes on. */
  readonly closed: AbortSignal;
};
