/** The longest that one timer of Node can be set for; one that is set for longer goes off at once. */
export const LONGEST_TIMER_MS = 2 ** 31 - 1;

type Options = {
  /** False: the process may end before. @default true */
  readonly keepAlive?: boolean;
};

/** Does the work after `ms`, however long that is, unless it is canceled before, by what this answers. */
export function after(ms: number, work: () => void, { keepAlive = true }: Options = {}): () => void {
  let timer: NodeJS.Timeout;
  const set = (left: number): void => {
    const step = Math.min(left, LONGEST_TIMER_MS);
    timer = setTimeout(() => (left > step ? set(left - step) : work()), step);
    if (!keepAlive) timer.unref();
  };
  set(ms);
  return () => clearTimeout(timer);
}
