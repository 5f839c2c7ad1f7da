import { expect, test } from "vitest";
import { LoginStates } from "./login-state.ts";

const state = { state: "s", nonce: "n", codeVerifier: "v", returnTo: "/", endsMs: 1000 };

test("what was sealed is opened in its time, by the same process, to the letter, and counts once", () => {
  const states = new LoginStates();
  const sealed = states.seal(state);
  expect(states.open(sealed, 999)).toEqual(state);
  expect(states.open(sealed, 1000)).toBeUndefined();
  expect(new LoginStates().open(sealed, 0)).toBeUndefined();
  for (const other of [sealed.slice(1), sealed.slice(0, -4), "", "x".repeat(9000)]) {
    expect(states.open(other, 0)).toBeUndefined();
  }
  expect(states.use(state, 0)).toBe(true);
  expect(states.use(state, 0)).toBe(false);
  expect(states.use({ ...state, state: "t" }, 0)).toBe(true);
});
