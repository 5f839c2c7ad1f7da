const LATE = Symbol("late");

type Wait<T> = Pick<PromiseWithResolvers<T>, "resolve" | "reject">;

/**
 * Something that happens at most once and that is waited for again and again, each time beside something else.
 * `Promise.race` would keep every such wait, with whatever it brought, reachable for as long as the promise is open:
 * a promise cannot be told that nobody waits any more. Here a wait that is over leaves nothing behind.
 */
export class Once<T> {
  readonly promise: Promise<T>;
  readonly #waits = new Set<Wait<T>>();
  #settled = false;

  /** A failure is told to those who wait; it is not uncaught while nobody does. */
  constructor(promise: Promise<T>) {
    this.promise = promise;
    promise.then(
      (value) => this.#settle((wait) => wait.resolve(value)),
      (error: unknown) => this.#settle((wait) => wait.reject(error)),
    );
  }

  /** Settles as whichever settles first: this, or the other; for others that are new each time. */
  or<U>(other: Promise<U>): Promise<T | U> {
    const { promise, ...wait } = Promise.withResolvers<T | U>();
    if (this.#settled) wait.resolve(this.promise);
    else this.#waits.add(wait);
    const over = (): void => void this.#waits.delete(wait);
    other.then(wait.resolve, wait.reject).then(over, over);
    return promise;
  }

  /** True when it settles within `ms`, in whichever way; false otherwise. Leaves no timer behind. */
  async within(ms: number): Promise<boolean> {
    const late = Promise.withResolvers<typeof LATE>();
    const timer = setTimeout(() => late.resolve(LATE), ms);
    try {
      return (await this.or(late.promise)) !== LATE;
    } catch {
      return true;
    } finally {
      clearTimeout(timer);
    }
  }

  #settle(tell: (wait: Wait<T>) => void): void {
    this.#settled = true;
    this.#waits.forEach(tell);
    this.#waits.clear();
  }
}
