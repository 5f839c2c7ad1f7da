/** One way of doing something, run again and again. */
export type Contender = { readonly name: string; readonly run: () => Promise<void> };

export type Measured = { readonly name: string; readonly times: readonly number[] };

export type Line = {
  readonly what: string;
  readonly contenders: readonly { readonly name: string; readonly p50: number; readonly p90: number }[];
  /** Median of the first over that of the second. */
  readonly ratio: number;
};

export type Rounds = { readonly rounds: number; readonly between?: () => Promise<void> };

/** Runs both in turn, A B A B, so that both meet the same noise, with `between` before each. Times in ms. */
export async function compare(
  what: string,
  [first, second]: readonly [Contender, Contender],
  { rounds, between = () => Promise.resolve() }: Rounds,
): Promise<Line> {
  const times = { first: [] as number[], second: [] as number[] };
  await first.run();
  await second.run();
  for (let round = 0; round < rounds; round += 1) {
    await between();
    times.first.push(await timed(first));
    await between();
    times.second.push(await timed(second));
  }
  return comparison(what, [
    { name: first.name, times: times.first },
    { name: second.name, times: times.second },
  ]);
}

/** What was measured already. */
export function comparison(what: string, [first, second]: readonly [Measured, Measured]): Line {
  const contenders = [first, second].map(({ name, times }) => {
    return { name, p50: quantile(times, 0.5), p90: quantile(times, 0.9) };
  });
  return { what, contenders, ratio: quantile(first.times, 0.5) / quantile(second.times, 0.5) };
}

export async function timed({ run }: Contender): Promise<number> {
  const begun = performance.now();
  await run();
  return performance.now() - begun;
}

function quantile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
