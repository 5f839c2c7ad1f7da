import { describe, expect, test } from "vitest";
import { sampleSandbox } from "../testing/samples.ts";
import { page, seen, wide } from "../testing/seen.ts";

describe("networks", () => {
  const decision = { at: "2026-01-02T03:04:05.678Z", host: "example.org", port: 443 };

  test("network set", async () => {
    const changed = sampleSandbox({ network: "allow:example.org" });
    const argv = ["network", "set", "demo", "allow:example.org"];
    expect(await seen(argv, ["network.set", changed])).toMatchInlineSnapshot(`
      "2> ✔ The allow list of sandbox demo is example.org now.
      "
    `);
  });

  test("network log: the decision, and what came of it", async () => {
    const decisions = page(
      { ...decision, allowed: true, outcome: "connected", reason: null },
      { ...decision, allowed: true, outcome: "failed", reason: "example.org has no address" },
      { ...decision, allowed: false, outcome: null, reason: "example.org is not in the allow list" },
    );
    expect(await seen(["network", "log", "demo"], ["network.log", decisions], wide)).toMatchInlineSnapshot(`
      "TIME                  HOST             DECISION  OUTCOME    REASON
      2026-01-02 03:04:05Z  example.org:443  allowed   connected  -
      2026-01-02 03:04:05Z  example.org:443  allowed   failed     example.org has no address
      2026-01-02 03:04:05Z  example.org:443  refused   -          example.org is not in the allow list
      "
    `);
    expect(await seen(["network", "log", "demo"], ["network.log", page()])).toMatchInlineSnapshot(`
      "2> note: the egress proxy has decided nothing for it yet.
      "
    `);
  });
});
