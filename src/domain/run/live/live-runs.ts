import { MoorageError } from "../../../base/errors.ts";
import { LiveRun, type LiveRunParts } from "./live-run.ts";

/** The runs that this process watches, of all owners. */
export class LiveRuns {
  readonly #runs = new Map<string, LiveRun>();
  #closing = false;

  /** A run that starts while all are being ended is ended too. */
  add(parts: LiveRunParts): LiveRun {
    const run = new LiveRun(parts);
    this.#runs.set(run.runId, run);
    if (this.#closing) run.life.cancel(stopping());
    return run;
  }

  find(runId: string): LiveRun | undefined {
    return this.#runs.get(runId);
  }

  /** Its record is closed. */
  remove(run: LiveRun): void {
    this.#runs.delete(run.runId);
    run.end();
  }

  /** Ends them all, as their caller's leaving would, and waits until each is recorded. */
  async endAll(): Promise<void> {
    this.#closing = true;
    const runs = [...this.#runs.values()];
    for (const run of runs) run.life.cancel(stopping());
    await Promise.all(runs.map((run) => run.ended.promise));
  }
}

function stopping(): MoorageError {
  return new MoorageError("CANCELED", "Moorage is stopping; it ends the runs that it watches.");
}
