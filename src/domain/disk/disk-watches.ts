import type { DiskPace, UnitWatch } from "./unit-watch.ts";
import { UntoldUnits } from "./untold-units.ts";

const PACE: DiskPace = { firstMs: 1_000, restMs: 3_000, leastMs: 200 };

/** The units whose disk this process looks after, of all owners: those in which runs go on. */
export class DiskWatches implements Disposable {
  readonly pace: DiskPace;
  /** Among those that are, or were, looked after here. */
  readonly untold = new UntoldUnits();
  readonly #watches = new Map<string, UnitWatch>();

  constructor(pace: DiskPace = PACE) {
    this.pace = pace;
  }

  find(id: string): UnitWatch | undefined {
    return this.#watches.get(id);
  }

  get size(): number {
    return this.#watches.size;
  }

  add(id: string, watch: UnitWatch): void {
    this.#watches.set(id, watch);
  }

  /** One that has begun in its place meanwhile stays. */
  remove(id: string, watch: UnitWatch): void {
    if (this.#watches.get(id) === watch) this.#watches.delete(id);
  }

  [Symbol.dispose](): void {
    for (const watch of this.#watches.values()) watch.close();
  }
}
