import { describe, expect, test } from "vitest";
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
    for (const range of ["10.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16", "172.16.0.0/12", "192.168.0.0/16"]) {
      expect(rules).toContain(`-d ${range} -j DROP`);
    }
  });

  test("an open one asks nobody in private ranges where the host has no name server there", () => {
    const rules = bridgeRules({ interface: name, policy: "open", gateway: "10.213.0.1" }, []);
    expect(rules.filter((rule) => rule.includes("RETURN"))).toEqual([
      "-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN",
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
    const table = { chain: name, rules: ["-j DROP"] };
    expect(restoreScript({ ...table, jump: undefined })).toBe(
      "*mangle\n:mrgabcdefghij01 - [0:0]\n-A mrgabcdefghij01 -j DROP\nCOMMIT\n",
    );
    expect(restoreScript({ ...table, jump: undefined, admission: "-i x -j ACCEPT" })).toMatch(
      /COMMIT\n\*filter\n-I INPUT 1 -i x -j ACCEPT\nCOMMIT\n$/,
    );
    expect(restoreScript({ ...table, jump: `-i ${name} -j ${name}` })).toContain(
      "-I PREROUTING 1 -i mrgabcdefghij01 -j mrgabcdefghij01\nCOMMIT\n",
    );
  });

  test("the interface's name is as long as the kernel allows, and no longer", () => {
    expect(name).toHaveLength(15);
  });
});
