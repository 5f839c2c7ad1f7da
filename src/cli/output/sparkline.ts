const BARS = ["▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"];
const GAP = "·";

/**
 * Values over time as one line of bars, the highest of them the tallest, of at most `width` columns: each shows the
 * highest of the values that fall on it. A gap where nothing was measured.
 */
export function sparkline(values: readonly (number | null)[], width: number): string {
  const columns = Math.min(values.length, Math.max(1, width));
  const shown = Array.from({ length: columns }, (_, index) => {
    const [from, to] = [index, index + 1].map((edge) => Math.floor((edge * values.length) / columns));
    return highest(values.slice(from, to));
  });
  const most = highest(shown) ?? 0;
  return shown.map((value) => bar(value, most)).join("");
}

function bar(value: number | null, most: number): string {
  if (value === null) return GAP;
  const index = most <= 0 ? 0 : Math.ceil((Math.max(0, value) / most) * BARS.length) - 1;
  return BARS[Math.max(0, index)] ?? GAP;
}

function highest(values: readonly (number | null)[]): number | null {
  const measured = values.filter((value) => value !== null);
  return measured.length === 0 ? null : Math.max(...measured);
}
