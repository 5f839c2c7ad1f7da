import { expect, test } from "vitest";
import { hostFixes, systemOfRelease } from "./host-fixes.ts";

test.each([
  ['NAME="Debian GNU/Linux"\nID=debian\n', "debian"],
  ["ID=ubuntu\nID_LIKE=debian\n", "debian"],
  ['ID="linuxmint"\nID_LIKE="ubuntu debian"\n', "debian"],
  ["ID=fedora\n", "fedora"],
  ['ID="rocky"\nID_LIKE="rhel centos fedora"\n', "fedora"],
  ["ID=alpine\n", "alpine"],
  ["ID=gentoo\n", "linux"],
  ["", "linux"],
] as const)("the family of %j", (text, system) => {
  expect(systemOfRelease(text)).toBe(system);
});

test.each([
  ["debian", "apt-get"],
  ["fedora", "dnf"],
  ["alpine", "apk"],
  ["container", "-v /var/run/docker.sock"],
  ["macos", "brew"],
  ["windows", "winget"],
  ["linux", "https://docs.docker.com"],
] as const)("the fix for %s names its own tool", (system, tool) => {
  expect(hostFixes(system).install).toContain(tool);
});
