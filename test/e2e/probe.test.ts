import { readFile } from "node:fs/promises";
import { describe, expect, it } from "vitest";
import type { ProbeOutcome } from "../../src/contracts/types.ts";
import { openHome } from "../fixtures/command-line.ts";
import { openHomePlatform } from "../fixtures/local-platform.ts";

type Table = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** By probe, then by column such as `job/allow`. */
function tableOf(probes: readonly ProbeOutcome[]): Table {
  const table: Record<string, Record<string, string>> = {};
  for (const { probe, profile, network, outcome } of probes) {
    const column = `${profile}/${network.split(":")[0]}`;
    table[probe] = { ...table[probe], [column]: outcome.replace("_", " ") };
  }
  return table;
}

/** The table that the docs print. */
async function documentedTable(): Promise<Table> {
  const text = await readFile(new URL("../../docs/isolation.md", import.meta.url), "utf8");
  const [header = "", ...rows] = /^PROBE .*\n(?:.+\n)+?(?=```)/m.exec(text)?.[0].trimEnd().split("\n") ?? [];
  const [, ...columns] = header.split(/ {2,}/);
  return Object.fromEntries(
    rows.map((row) => {
      const [probe = "", ...cells] = row.split(/ {2,}/);
      const tried = columns.flatMap((column, index) => {
        const { [index]: cell = "-" } = cells;
        return cell === "-" ? [] : [[column, cell] as const];
      });
      return [probe, Object.fromEntries(tried)];
    }),
  );
}

describe("moorage doctor --probe", () => {
  it.each(["docker", "process"] as const)(
    "finds no way out of any sandbox of %s",
    async (engine) => {
      const documented = await documentedTable();
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
      expect(enforces ? tableOf(probes) : documented).toEqual(documented);
    },
    590_000,
  );
});
