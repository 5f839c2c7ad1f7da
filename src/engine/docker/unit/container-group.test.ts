import { describe, expect, it } from "vitest";
import { layoutOf } from "./container-group.ts";
import { interfaceTraffic } from "./unit-samples.ts";

const ID = "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef";
const mount = (path: string, ...options: string[]) => ({ path, version: 1 as const, options });
const version1 = [mount("/cg/memory", "rw", "memory"), mount("/cg/cpu", "cpu", "cpuacct"), mount("/cg/pids", "pids")];
const version2 = [{ path: "/cg", version: 2 as const, options: [] }];

describe("the groups of a container", () => {
  it("are found in the hierarchies of version 1, each by its controller", () => {
    const membership = `9:memory:/docker/${ID}\n3:cpu,cpuacct:/docker/${ID}\n2:pids:/docker/${ID}\n0::/\n`;
    expect(layoutOf(membership, version1, ID)).toEqual({
      version: 1,
      parents: { memory: `/cg/memory/docker/${ID}`, cpu: `/cg/cpu/docker/${ID}`, pids: `/cg/pids/docker/${ID}` },
    });
  });

  it("are one directory on version 2", () => {
    const directory = `/cg/system.slice/docker-${ID}.scope`;
    expect(layoutOf(`0::/system.slice/docker-${ID}.scope\n`, version2, ID)).toEqual({
      version: 2,
      parents: { memory: directory, cpu: directory, pids: directory },
    });
  });

  it.each([
    ["of a process that is another's", "9:memory:/docker/other\n0::/docker/other\n"],
    ["seen from within another namespace", `9:memory:/../docker/${ID}\n0::/../docker/${ID}\n`],
    ["of nothing", ""],
  ])("%s are not taken for them", (_what, membership) => {
    expect(layoutOf(membership, [...version1, ...version2], ID)).toBeUndefined();
  });
});

describe("the traffic of a network", () => {
  it("is that of all interfaces but loopback", () => {
    const head = "Inter-|   Receive\n face |bytes\n";
    const line = (name: string, received: number, sent: number) =>
      `  ${name}: ${received} 1 0 0 0 0 0 0 ${sent} 1 0 0 0 0 0 0\n`;
    expect(interfaceTraffic(`${head}${line("lo", 5, 5)}${line("eth0", 100, 7)}${line("eth1", 11, 3)}`)).toEqual({
      receivedBytes: 111,
      sentBytes: 10,
    });
    expect(interfaceTraffic(`${head}${line("lo", 5, 5)}`)).toBeUndefined();
  });
});
