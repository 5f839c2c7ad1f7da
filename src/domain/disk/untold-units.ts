/** One may fail by itself, such as that at a unit which is being removed. */
const FAILED_LOOKS = 2;
/** Of more the oldest are forgotten. */
const MAX_UNITS = 1_000;

/** The units of which looks one after another could not tell all that they take on disk: until one can, they keep no limit. */
export class UntoldUnits {
  readonly #failed = new Map<string, number>();

  get ids(): readonly string[] {
    return [...this.#failed].flatMap(([id, looks]) => (looks < FAILED_LOOKS ? [] : [id]));
  }

  /** Notes how a look went. True once: when a unit has become one of them. */
  look(id: string, told: boolean): boolean {
    const failed = told ? 0 : (this.#failed.get(id) ?? 0) + 1;
    this.#failed.delete(id);
    if (failed === 0) return false;
    this.#failed.set(id, failed);
    const [oldest] = this.#failed.keys();
    if (this.#failed.size > MAX_UNITS && oldest !== undefined) this.#failed.delete(oldest);
    return failed === FAILED_LOOKS;
  }
}
