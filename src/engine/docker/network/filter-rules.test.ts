import { describe, expect, test } from "vitest";
import { SPECIAL_IPV4 } from "../../../base/special-addresses.ts";
import { interfaceName } from "./bridge.ts";
import { bridgeRules, restoreScript } from "./filter-rules.ts";

const name = interfaceName("abcdefghij0123456789");

describe("the packet filter of a bridge", () => {
  test("an internal one answers, and sends nothing of its own", () => {
    expect(bridgeRules({ interface: name, policy: "internal", gateway: "10.213.0.1" }, ["10.0.0.2"])).toEqual([
      "-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN",
      "-m addrtype --dst-type LOCAL -j DROP",
      "-j DROP",
    ]);
  });

  test("an open one is closed to the host first, then asks the host's name servers alone in private ranges", () => {
    const rules = bridgeRules({ interface: name, policy: "open", gateway: "10.213.0.1" }, ["10.0.0.2"]);
    expect(rules.slice(1, 4)).toEqual([
      "-m addrtype --dst-type LOCAL -j DROP",
      "-d 10.0.0.2/32 -p udp --dport 53 -j RETURN",
      "-d 10.0.0.2/32 -p tcp --dport 53 -j RETURN",
    ]);
    for (const { cidr } of SPECIAL_IPV4) expect(rules).toContain(`-d ${cidr} -j DROP`);
  });

  test("an open one asks nobody in private ranges where the host has no name server there", () => {
    const rules = bridgeRules({ interface: name, policy: "open", gateway: "10.213.0.1" }, []);
    expect(rules.filter((rule) => rule.includes("RETURN"))).toEqual([
      "-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN",
    ]);
  });

  test("members of a named one reach one another, and nothing else", () => {
    const bridge = { interface: name, policy: "named", gateway: "10.213.0.1", members: "10.213.0.0/24" } as const;
    expect(bridgeRules(bridge, ["10.0.0.2"])).toEqual([
      "-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN",
      "-m addrtype --dst-type LOCAL -j DROP",
      "-d 10.213.0.0/24 -m addrtype --dst-type UNICAST -j RETURN",
      "-j DROP",
    ]);
  });

  test("the chains of many bridges are set at once", () => {
    const chains = ["mrga", "mrgb"].map((each) => ({ name: each, rules: ["-j DROP"] }));
    expect(restoreScript({ chains, jumps: ["-i mrgb -j mrgb"], admissions: [] }).split("\n")).toEqual([
      ...["*mangle", ":mrga - [0:0]", ":mrgb - [0:0]", "-A mrga -j DROP", "-A mrgb -j DROP"],
      ...["-I PREROUTING 1 -i mrgb -j mrgb", "COMMIT", ""],
    ]);
  });

  test("one with a proxy reaches that alone of the host", () => {
    const bridge = { interface: name, policy: "allow", gateway: "10.213.0.1", proxyPort: 20_123 } as const;
    expect(bridgeRules(bridge, [])).toEqual([
      "-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN",
      "-d 10.213.0.1/32 -p tcp -m tcp --dport 20123 -j RETURN",
      "-m addrtype --dst-type LOCAL -j DROP",
      "-j DROP",
    ]);
  });

  test("a chain is replaced as a whole; the jump is added only where there is none", () => {
    const table = { chains: [{ name, rules: ["-j DROP"] }], jumps: [], admissions: [] };
    expect(restoreScript(table)).toBe("*mangle\n:mrgabcdefghij01 - [0:0]\n-A mrgabcdefghij01 -j DROP\nCOMMIT\n");
    expect(restoreScript({ ...table, admissions: ["-i x -j ACCEPT"] })).toMatch(
      /COMMIT\n\*filter\n-I INPUT 1 -i x -j ACCEPT\nCOMMIT\n$/,
    );
    expect(restoreScript({ ...table, jumps: [`-i ${name} -j ${name}`] })).toContain(
      "-I PREROUTING 1 -i mrgabcdefghij01 -j mrgabcdefghij01\nCOMMIT\n",
    );
  });

  test("the interface's name is as long as the kernel allows, and no longer", () => {
    expect(name).toHaveLength(15);
  });
});
