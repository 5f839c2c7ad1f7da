import { expect, it } from "vitest";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { ABUSES } from "./abuse.ts";
import { judgeFilled } from "./disk-filler.ts";
import { probeSandboxes } from "./probe.ts";
import { unrestricted } from "../access/principal.ts";

it("takes nothing for held where no program ran", async () => {
  await using domain = openMemoryDomain();
  const call = { context: domain.context, principal: unrestricted("alice"), signal: undefined };
  const outcomes = await probeSandboxes(call);
  expect(outcomes.length).toBeGreaterThan(50);
  expect(outcomes.filter(({ outcome }) => outcome !== "not_tried")).toEqual([]);
  expect(await domain.context.engine.list()).toEqual([]);
});

it.each([
  ["fork-bomb", { exitCode: 0, stdout: "1\n2\n3\n", oomKilled: false }, "held"],
  ["memory-bomb", { exitCode: 137, stdout: "", oomKilled: true }, "held"],
  ["endless-output", { exitCode: 124, stdout: "yy", oomKilled: false, timedOut: true, truncated: true }, "held"],
  ["endless-output", { exitCode: 0, stdout: "yy", oomKilled: false, timedOut: false, truncated: true }, "broken"],
  ["deadline", { exitCode: 124, stdout: "", oomKilled: false, timedOut: true, left: false }, "held"],
  ["deadline", { exitCode: 124, stdout: "", oomKilled: false, timedOut: true, left: true }, "broken"],
  ["deadline", { exitCode: 0, stdout: "", oomKilled: false, timedOut: false, left: false }, "broken"],
] as const)("%s that ended with %j is %s", (name, seen, expected) => {
  const abuse = ABUSES.find(({ probe }) => probe === name);
  expect(abuse?.judge(seen, { profile: "job", network: "none" }).outcome).toBe(expected);
});

it.each([
  [{ exitCode: 1, stdout: "full\n", status: "failed", reason: null }, "held"],
  [{ exitCode: 143, stdout: "filled\n", status: "canceled", reason: "It used too much." }, "held"],
  [{ exitCode: 0, stdout: "filled\n", status: "succeeded", reason: null }, "broken"],
  [{ exitCode: 127, stdout: "", status: "failed", reason: null }, "not_tried"],
] as const)("a disk filler that ended with %j is %s", (seen, expected) => {
  expect(judgeFilled(seen).outcome).toBe(expected);
});

it("is not asked for together with the quick checks", async () => {
  await using domain = openMemoryDomain();
  await expect(domain.platform.system.doctor({ preflight: true, probe: true })).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: "system.doctor: probe: expected none beside preflight.",
  });
});
