import { describe, expect, test } from "vitest";
import { parseNameservers } from "./nameservers.ts";
import { parseRoutes, pickSubnet, routedRanges } from "./subnets.ts";

const ROUTES = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	010200C0	0003	0	0	0	00000000	0	0	0
docker0	000011AC	00000000	0001	0	0	0	0000FFFF	0	0	0
tun0	0000D50A	00000000	0001	0	0	0	0000FFFF	0	0	0
`;
const range = (...bytes: number[]): number => Buffer.from(bytes).readUInt32BE();

describe("addresses of our bridges", () => {
  test("routes are read as ranges, without the default route", () => {
    expect(parseRoutes(ROUTES)).toEqual([
      { base: range(172, 17, 0, 0), bits: 16 },
      { base: range(10, 213, 0, 0), bits: 16 },
    ]);
  });

  test("a subnet has its gateway first, and lies in a range that no route covers", () => {
    expect(pickSubnet(30, [])?.cidr).toMatch(/^10\.213\.\d+\.\d+\/30$/);
    const subnet = pickSubnet(30, parseRoutes(ROUTES));
    const [, start = "", last = ""] = /^(10\.147\.\d+)\.(\d+)\/30$/.exec(subnet?.cidr ?? "") ?? [];
    expect(subnet?.gateway).toBe(`${start}.${Number(last) + 1}`);
  });

  test("where routes cover everything there is none", () => {
    const all = [range(10, 0, 0, 0), range(172, 0, 0, 0), range(192, 0, 0, 0)].map((base) => ({ base, bits: 8 }));
    expect(pickSubnet(30, all)).toBeUndefined();
  });

  test("this host's own routes can be read", async () => {
    for (const { bits } of await routedRanges()) expect(bits).toBeGreaterThan(0);
  });
});

test("name servers are the host's, without those on loopback and those of IPv6", () => {
  const text = "# made by hand\nnameserver 10.0.0.2\nnameserver 127.0.0.53\n nameserver fd00::1\nsearch example.org\n";
  expect(parseNameservers(text)).toEqual(["10.0.0.2"]);
});
