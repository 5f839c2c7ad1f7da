import { describe, expect, test } from "vitest";
import type { Network } from "../../contracts/types.ts";
import { sampleSandbox } from "../testing/samples.ts";
import { page, seen, wide } from "../testing/seen.ts";

const network: Network = {
  id: "n3v9x2m7q1w8e5r4t6y0",
  name: "team",
  owner: "alice",
  engine: "docker",
  subnet: "10.213.7.0/24",
  createdAt: "2026-01-02T03:04:05.678Z",
  members: [
    { id: "k3v9x2m7q1w8e5r4t6y0", kind: "sandbox", name: "web", state: "running", address: "10.213.7.2" },
    { id: "j3v9x2m7q1w8e5r4t6y0", kind: "job", name: null, state: "running", address: null },
  ],
};

describe("networks", () => {
  test("network ensure: the policy that joins it alone on stdout, for scripts", async () => {
    expect(await seen(["network", "ensure", "team"], ["network.ensure", network], wide)).toMatchInlineSnapshot(`
      "net:team
      2> ✔ Network team is there (10.213.7.0/24, 2 members). Next: moorage run --network net:team -- COMMAND
      "
    `);
  });

  test("network ls", async () => {
    expect(await seen(["network", "ls"], ["network.list", page(network)], wide)).toMatchInlineSnapshot(`
      "NAME  MEMBERS  SUBNET         ENGINE  CREATED
      team  2        10.213.7.0/24  docker  2026-01-02 03:04:05Z
      "
    `);
    expect(await seen(["network", "ls"], ["network.list", page()], wide)).toMatchInlineSnapshot(`
      "2> note: no networks yet; make one with \`moorage network ensure NAME\`.
      "
    `);
  });

  test("network inspect", async () => {
    expect(await seen(["network", "inspect", "team"], ["network.inspect", network], wide)).toMatchInlineSnapshot(`
      "Id       n3v9x2m7q1w8e5r4t6y0
      Name     team
      Owner    alice
      Engine   docker
      Subnet   10.213.7.0/24
      Created  2026-01-02 03:04:05Z
      Members  2

      ID                    KIND     NAME  STATE    ADDRESS
      k3v9x2m7q1w8e5r4t6y0  sandbox  web   running  10.213.7.2
      j3v9x2m7q1w8e5r4t6y0  job      -     running  -
      "
    `);
    const empty = { ...network, members: [], subnet: null };
    expect(await seen(["network", "inspect", "team"], ["network.inspect", empty], wide)).toMatchInlineSnapshot(`
      "Id       n3v9x2m7q1w8e5r4t6y0
      Name     team
      Owner    alice
      Engine   docker
      Subnet   -
      Created  2026-01-02 03:04:05Z
      Members  none
      "
    `);
  });

  test("network rm", async () => {
    const removed = { name: "team", removed: true, cutOff: ["k3v9x2m7q1w8e5r4t6y0"] };
    expect(await seen(["network", "rm", "team", "--force"], ["network.remove", removed], wide)).toMatchInlineSnapshot(`
      "2> ✔ Removed network team; without a network now: k3v9x2m7q1w8e5r4t6y0.
      "
    `);
    const empty = { ...removed, cutOff: [] };
    expect(await seen(["network", "rm", "team"], ["network.remove", empty], wide)).toMatchInlineSnapshot(`
      "2> ✔ Removed network team.
      "
    `);
  });

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
