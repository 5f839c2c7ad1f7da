/** One way of doing something, run again and again. */
export type Contender = { readonly name: string; readonly run: () => Promise<void> };

export type Measured = { readonly name: string; readonly times: readonly number[] };

/** What is aimed at: of the first one's median, of the ratio, and of what the first one's median is above the second's. */
export type Goal = { readonly p50?: number; readonly ratio?: number; readonly above?: number };

export type Line = {
  readonly what: string;
  readonly contenders: readonly { readonly name: string; readonly p50: number; readonly p90: number }[];
  /** Median of the first over that of the second. */
  readonly ratio: number;
  readonly goals: readonly { readonly goal: string; readonly held: boolean }[];
};

export type Rounds = { readonly rounds: number; readonly between?: () => Promise<void>; readonly goal?: Goal };

/** Runs both in turn, A B A B, so that both meet the same noise, with `between` before each. Times in ms. */
export async function compare(
  what: string,
  [first, second]: readonly [Contender, Contender],
  { rounds, between = () => Promise.resolve(), goal }: Rounds,
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
  const measured = [
    { name: first.name, times: times.first },
    { name: second.name, times: times.second },
  ] as const;
  return comparison(what, measured, goal);
}

/** What was measured already. */
export function comparison(what: string, [first, second]: readonly [Measured, Measured], goal: Goal = {}): Line {
  const contenders = [first, second].map(({ name, times }) => {
    return { name, p50: quantile(times, 0.5), p90: quantile(times, 0.9) };
  });
  const [mine, other] = [quantile(first.times, 0.5), quantile(second.times, 0.5)];
  const measured = { p50: mine, ratio: mine / other, above: mine - other };
  const goals = (["p50", "ratio", "above"] as const).flatMap((name) => {
    const most = goal[name];
    return most === undefined ? [] : [{ goal: `${name} at most ${most}`, held: measured[name] <= most }];
  });
  return { what, contenders, ratio: measured.ratio, goals };
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
