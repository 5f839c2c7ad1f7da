import { BlockList } from "node:net";
import { describe, expect, it } from "vitest";
import { GLOBAL_IPV6, SPECIAL_IPV4, SPECIAL_IPV6 } from "./special-addresses.ts";

function contains(cidr: string, address: string): boolean {
  const [network = "", bits = ""] = cidr.split("/");
  const list = new BlockList();
  const family = cidr.includes(":") ? "ipv6" : "ipv4";
  list.addSubnet(network, Number(bits), family);
  return list.check(address, family);
}

describe("ranges that are not the internet", () => {
  it("name the RFC that sets them apart", () => {
    for (const { what } of [...SPECIAL_IPV4, ...SPECIAL_IPV6]) expect(what).toMatch(/\(RFC \d+(?:, RFC \d+)*\)$/);
  });

  it("do not overlap, so that each address has one reason", () => {
    for (const list of [SPECIAL_IPV4, SPECIAL_IPV6]) {
      for (const { cidr } of list) {
        const first = cidr.split("/")[0] ?? "";
        expect(list.filter((other) => contains(other.cidr, first)).map((other) => other.cidr)).toEqual([cidr]);
      }
    }
  });

  it("of IPv6 lie inside the range that would be the internet otherwise", () => {
    for (const { cidr } of SPECIAL_IPV6) expect(contains(GLOBAL_IPV6, cidr.split("/")[0] ?? "")).toBe(true);
  });
});
