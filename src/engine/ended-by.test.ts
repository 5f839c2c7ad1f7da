import { describe, expect, it } from "vitest";
import { endedBy } from "./ended-by.ts";

describe("the signal that ended a program", () => {
  it.each([
    ["one that was sent", { exitCode: 143, sent: ["TERM"], oomKilled: false }, "SIGTERM"],
    ["the one of several that fits the code", { exitCode: 137, sent: ["TERM", "KILL"], oomKilled: false }, "SIGKILL"],
    ["the kernel's, for memory", { exitCode: 137, sent: [], oomKilled: true }, "SIGKILL"],
    ["none for a code of the program's own", { exitCode: 143, sent: [], oomKilled: false }, null],
    ["none where the program ended well all the same", { exitCode: 0, sent: ["INT"], oomKilled: true }, null],
    ["none where nobody saw the end", { exitCode: null, sent: ["KILL"], oomKilled: false }, null],
  ] as const)("is %s", (_, { exitCode, sent, oomKilled }, expected) => {
    expect(endedBy({ exitCode, sent: new Set(sent), oomKilled })).toBe(expected);
  });
});
