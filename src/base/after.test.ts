import { afterEach, beforeEach, expect, it, vi } from "vitest";
import { after } from "./after.ts";
import { deadlineSignal, sleep } from "./deadline.ts";

const DAY_MS = 86_400_000;

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it("does the work after longer than one timer can be set for, and not before", () => {
  const work = vi.fn<() => void>();
  after(80 * DAY_MS, work);
  vi.advanceTimersByTime(80 * DAY_MS - 1);
  expect(work).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(work).toHaveBeenCalledOnce();
});

it("does nothing once it is canceled, also behind its first timer", () => {
  const work = vi.fn<() => void>();
  const cancel = after(80 * DAY_MS, work);
  vi.advanceTimersByTime(60 * DAY_MS);
  cancel();
  vi.advanceTimersByTime(60 * DAY_MS);
  expect(work).not.toHaveBeenCalled();
});

it("a long sleep sleeps, and is woken", async () => {
  const waking = new AbortController();
  const slept = vi.fn<() => void>();
  const sleeping = sleep(80 * DAY_MS, waking.signal).then(slept);
  await vi.advanceTimersByTimeAsync(79 * DAY_MS);
  expect(slept).not.toHaveBeenCalled();
  waking.abort();
  await sleeping;
});

it("a deadline that is far away has not come", async () => {
  vi.useRealTimers();
  const signal = deadlineSignal(80 * DAY_MS);
  await sleep(20);
  expect(signal.aborted).toBe(false);
});
