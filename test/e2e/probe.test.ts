import { describe, expect, it } from "vitest";
import { openHome } from "../fixtures/command-line.ts";
import { openHomePlatform } from "../fixtures/local-platform.ts";

describe("moorage doctor --probe", () => {
  it.each(["docker", "process"] as const)(
    "finds no way out of any sandbox of %s",
    async (engine) => {
      await using home = await openHome();
      await using platform = await openHomePlatform(home, engine);
      const { ok, probes = [] } = await platform.system.doctor({ probe: true });
      const told = probes.filter(({ outcome }) => outcome !== "held");
      expect(told.filter(({ outcome }) => outcome === "broken")).toEqual([]);
      expect(ok).toBe(true);
      // Nothing is passed over in the sandbox that holds most: but without a network there is nobody beside it.
      const job = told.filter(({ profile, network }) => profile === "job" && network === "none");
      expect(job.map(({ probe }) => probe)).toEqual(["sibling"]);
      // Where the policies can be enforced, they are tried: four in each profile.
      const enforces = engine === "docker" && process.getuid?.() === 0;
      expect(probes.filter(({ probe }) => probe === "policy")).toHaveLength(enforces ? 0 : 8);
      expect(probes.filter(({ network }) => network === "none").length).toBeGreaterThan(60);
    },
    590_000,
  );
});
