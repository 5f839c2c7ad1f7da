import { sep } from "node:path";
import type { BatchJob } from "../../contracts/types.ts";

/** A job of a batch that waits for its turn. */
export type WaitingJob = {
  readonly index: number;
  readonly job: BatchJob;
  /** The directory that it works in, without symlinks; undefined where it has none of the host. */
  readonly directory: string | undefined;
};

/**
 * The jobs of a batch in their order. Of jobs whose directories are the same or lie in one another, only one is out at a
 * time, and the earlier one goes first: what one leaves, the next one finds.
 */
export class WaitingJobs {
  readonly #waiting: WaitingJob[];
  readonly #out = new Set<WaitingJob>();

  constructor(jobs: readonly WaitingJob[]) {
    this.#waiting = [...jobs];
  }

  /** The first job that may start now; undefined when there is none until another one is done. */
  next(): WaitingJob | undefined {
    const taken = [...this.#out].map(({ directory }) => directory);
    for (const [place, candidate] of this.#waiting.entries()) {
      if (!taken.some((directory) => overlap(directory, candidate.directory))) {
        this.#waiting.splice(place, 1);
        this.#out.add(candidate);
        return candidate;
      }
      taken.push(candidate.directory);
    }
    return undefined;
  }

  done(job: WaitingJob): void {
    this.#out.delete(job);
  }

  /** Takes out all that still wait. */
  drain(): readonly WaitingJob[] {
    return this.#waiting.splice(0);
  }
}

function overlap(a: string | undefined, b: string | undefined): boolean {
  if (a === undefined || b === undefined) return false;
  return a === b || isBelow(a, b) || isBelow(b, a);
}

function isBelow(path: string, root: string): boolean {
  return path.startsWith(root.endsWith(sep) ? root : `${root}${sep}`);
}
