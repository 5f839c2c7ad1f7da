import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { MoorageError } from "../base/errors.ts";
import type { Shown } from "../contracts/admission.ts";
import type { Platform } from "../contracts/platform.ts";
import { createRecordingPlatform } from "../contracts/testing/recording-platform.ts";
import { stillAdmitted } from "./still-admitted.ts";

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

function platformOf(role: string): Platform {
  return createRecordingPlatform({ answers: { "auth.whoami": () => ({ role }) } }).platform;
}

/** What is asked of admission at each beat, which answers one of `answers`, the last of them from then on. */
function asked(platform: Platform, ...answers: (Platform | MoorageError)[]) {
  const shown: Shown[] = [];
  const refusals: MoorageError[] = [];
  const admit = async (given: Shown): Promise<Platform> => {
    const answer = answers[Math.min(shown.push(given), answers.length) - 1] ?? platform;
    if (answer instanceof MoorageError) throw answer;
    return answer;
  };
  const stop = stillAdmitted({ admit, shown: { bearer: "key" }, platform, beatMs: 10 })((refusal) => {
    refusals.push(refusal);
  });
  return { shown, refusals, stop };
}

test("it is asked at each beat, by one timer, until it is stopped", async () => {
  const { shown, refusals, stop } = asked(platformOf("member"));
  for (let beat = 1; beat <= 3; beat += 1) {
    await vi.advanceTimersByTimeAsync(10);
    expect([shown.length, vi.getTimerCount()]).toEqual([beat, 1]);
  }
  expect(shown[0]).toEqual({ bearer: "key", again: true });
  stop();
  await vi.advanceTimersByTimeAsync(100);
  expect([shown.length, vi.getTimerCount(), refusals]).toEqual([3, 0, []]);
});

test("a refusal is told once, and nothing is asked from then on", async () => {
  const refusal = new MoorageError("UNAUTHENTICATED", "The API key was revoked.");
  const { shown, refusals } = asked(platformOf("member"), refusal);
  await vi.advanceTimersByTimeAsync(100);
  expect([shown.length, vi.getTimerCount(), refusals]).toEqual([1, 0, [refusal]]);
});

test("what cannot be looked up is no refusal, and is asked again", async () => {
  const { shown, refusals, stop } = asked(platformOf("member"), new MoorageError("INTERNAL", "No."));
  await vi.advanceTimersByTimeAsync(20);
  expect([shown.length, refusals]).toEqual([2, []]);
  stop();
});

test("another platform is a refusal only where it may do other things", async () => {
  const { shown, refusals } = asked(platformOf("member"), platformOf("member"), platformOf("viewer"));
  await vi.advanceTimersByTimeAsync(100);
  expect(shown.length).toBe(2);
  expect(refusals).toMatchObject([
    { code: "UNAUTHENTICATED", hint: expect.stringContaining("Connect again") as string },
  ]);
});
