/** One way of doing something, run again and again. */
export type Contender = { readonly name: string; readonly run: () => Promise<void> };

export type Line = {
  readonly what: string;
  readonly contenders: readonly { readonly name: string; readonly p50: number; readonly p90: number }[];
  /** Median of the first over that of the second. */
  readonly ratio: number;
};

/** Runs both in turn, A B A B, so that both meet the same noise. Times in ms. */
export async function compare(
  what: string,
  [first, second]: readonly [Contender, Contender],
  rounds: number,
): Promise<Line> {
  const times = { first: [] as number[], second: [] as number[] };
  await first.run();
  await second.run();
  for (let round = 0; round < rounds; round += 1) {
    times.first.push(await timed(first));
    times.second.push(await timed(second));
  }
  const contenders = [
    { name: first.name, p50: quantile(times.first, 0.5), p90: quantile(times.first, 0.9) },
    { name: second.name, p50: quantile(times.second, 0.5), p90: quantile(times.second, 0.9) },
  ];
  return { what, contenders, ratio: quantile(times.first, 0.5) / quantile(times.second, 0.5) };
}

async function timed({ run }: Contender): Promise<number> {
  const begun = performance.now();
  await run();
  return performance.now() - begun;
}

function quantile(times: readonly number[], part: number): number {
  const sorted = times.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * part))] ?? Number.NaN;
}
