import { describe, expect, test } from "vitest";
import { isOnLink } from "./on-link.ts";

const interfaces = {
  lo: [{ address: "127.0.0.1", family: "IPv4", cidr: "127.0.0.1/8" }],
  eth0: [
    { address: "8.8.4.10", family: "IPv4", cidr: "8.8.4.10/24" },
    { address: "2a01:4f8:1:2::5", family: "IPv6", cidr: "2a01:4f8:1:2::5/64" },
  ],
  tun0: [{ address: "9.9.9.1", family: "IPv4", cidr: null }],
  gone: undefined,
} as const;

describe("the networks that this machine is in", () => {
  test.each(["8.8.4.10", "8.8.4.77", "9.9.9.1", "2a01:4f8:1:2::5", "2a01:4f8:1:2::99"])("have %s", (address) => {
    expect(isOnLink(address, interfaces)).toBe(true);
  });

  test.each(["8.8.5.1", "9.9.9.2", "1.1.1.1", "2a01:4f8:1:3::5", "2606:4700::1111"])("do not have %s", (address) => {
    expect(isOnLink(address, interfaces)).toBe(false);
  });
});
