import { expect, test } from "vitest";

import { createSay, wantsColour } from "./say.ts";

function recorded(colour: boolean) {
  const written: string[] = [];
  const stream = { write: (text: string) => written.push(text) > 0 };
  return { say: createSay({ stream, colour }), text: () => written.join("") };
}

test("without colour a line is plain text", () => {
  const { say, text } = recorded(false);
  say.step("pulling");
  say.ok("pulled");
  say.warn("old");
  say.fail("no engine", "start it");
  expect(text()).toBe("... pulling\nok  pulled\nwarning: old\nerror: no engine\nhint: start it\n");
});

test("colour marks the kind of the line and leaves its text", () => {
  const { say, text } = recorded(true);
  say.fail("no engine");
  expect(text()).toBe("\u001b[31merror:\u001b[0m no engine\n");
});

test.for([
  [{ isTTY: true }, {}, true],
  [{ isTTY: false }, {}, false],
  [{}, {}, false],
  [{ isTTY: true }, { NO_COLOR: "1" }, false],
  [{ isTTY: true }, { NO_COLOR: "" }, true],
  [{ isTTY: true }, { TERM: "dumb" }, false],
] as const)("a stream %j with %j wants colour: %s", ([stream, environment, expected]) => {
  expect(wantsColour(stream, environment)).toBe(expected);
});
