import { describe, expect, it } from "vitest";
import { canonicalHost, parseAllowList } from "./allow-list.ts";

describe("an allow list", () => {
  it.each([
    ["example.org", "example.org", 443, true],
    ["example.org", "example.org", 80, true],
    ["example.org", "example.org", 8080, false],
    ["example.org", "www.example.org", 443, false],
    ["example.org", "notexample.org", 443, false],
    ["*.example.org", "www.example.org", 443, true],
    ["*.example.org", "a.b.example.org", 443, true],
    ["*.example.org", "example.org", 443, false],
    ["*.example.org", "notexample.org", 443, false],
    ["example.org:8443", "example.org", 8443, true],
    ["example.org:8443", "example.org", 443, false],
    ["example.org:8443,example.org", "example.org", 443, true],
    ["EXAMPLE.org.", "example.org", 443, true],
    ["b\u00fccher.example", "xn--bcher-kva.example", 443, true],
    ["preset:pypi", "files.pythonhosted.org", 443, true],
    ["preset:pypi, example.org", "example.org", 443, true],
    ["preset:npm", "pypi.org", 443, false],
  ])("%s: %s:%i is allowed: %s", (...[list, host, port, allowed]) => {
    expect(parseAllowList(list).refusal(host, port) === undefined).toBe(allowed);
  });

  it.each([
    ["", 'The allow list has ""; expected a domain such as example.org, *.example.org or example.org:8443.'],
    ["example.org,", 'has ""'],
    ["localhost", 'has "localhost"; expected a domain'],
    ["*", 'has "*"'],
    ["*.*.org", 'has "*.*.org"'],
    ["www.*.org", 'has "www.*.org"'],
    ["https://example.org", 'has "https://example.org"'],
    ["example.org/path", 'has "example.org/path"'],
    ["10.0.0.1", 'has "10.0.0.1"'],
    ["[::1]:80", 'has "[::1]:80"'],
    ["example.org:0", 'has "example.org:0"; expected a port of 1 to 65535.'],
    ["example.org:70000", "expected a port of 1 to 65535"],
    ["preset:everything", 'has "preset:everything"; expected one of the presets crates, debian, github'],
    ["preset:constructor", 'has "preset:constructor"'],
    [Array.from({ length: 300 }, () => "a.example").join(","), "has 300 entries; at most 256"],
  ])("%s is refused", (list, message) => {
    expect(() => parseAllowList(list)).toThrow(
      expect.objectContaining({ code: "INVALID_INPUT", message: expect.stringContaining(message) as string }),
    );
  });

  it.each([
    "127.1",
    "0x7f.1",
    "2130706433",
    "0x7f000001",
    "1.2.3.4",
    "::1",
    "[::1]",
    "a.0x",
    "",
    ".",
    "a..b",
    "-a.org",
  ])("%s is no host name", (host) => {
    expect(canonicalHost(host)).toBeUndefined();
  });
});
