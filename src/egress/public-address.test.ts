import { describe, expect, it } from "vitest";
import { isPublicAddress } from "./public-address.ts";

describe("addresses that the proxy connects to", () => {
  it.each(["1.1.1.1", "8.8.8.8", "93.184.216.34", "172.15.255.255", "172.32.0.1", "2606:4700::1111", "2a00:1450::1"])(
    "%s is public",
    (address) => {
      expect(isPublicAddress(address)).toBe(true);
    },
  );

  it.each([
    ["loopback", "127.0.0.1"],
    ["loopback", "127.255.255.254"],
    ["this network", "0.0.0.0"],
    ["private", "10.1.2.3"],
    ["private", "172.16.0.1"],
    ["private", "172.31.255.255"],
    ["private", "192.168.1.1"],
    ["carriers' NAT", "100.64.0.1"],
    ["metadata of a cloud", "100.100.100.200"],
    ["metadata of most clouds", "169.254.169.254"],
    ["link-local", "169.254.1.1"],
    ["protocol assignments", "192.0.0.1"],
    ["benchmarks", "198.18.0.1"],
    ["multicast", "224.0.0.1"],
    ["reserved", "240.0.0.1"],
    ["broadcast", "255.255.255.255"],
    ["loopback", "::1"],
    ["unspecified", "::"],
    ["mapped loopback", "::ffff:127.0.0.1"],
    ["mapped metadata, in hexadecimal", "::ffff:a9fe:a9fe"],
    ["mapped public", "::ffff:8.8.8.8"],
    ["compatible", "::127.0.0.1"],
    ["translated", "64:ff9b::7f00:1"],
    ["link-local", "fe80::1"],
    ["private", "fd00::1"],
    ["metadata of AWS", "fd00:ec2::254"],
    ["multicast", "ff02::1"],
    ["tunnels", "2001::1"],
    ["translated", "2002:7f00:1::1"],
    ["no address", "localhost"],
    ["no address", ""],
    ["no address to Node", "0x7f.0.0.1"],
  ])("%s: %s is not", (_what, address) => {
    expect(isPublicAddress(address)).toBe(false);
  });
});
