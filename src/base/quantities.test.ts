import { describe, expect, it } from "vitest";
import { formatBytes, formatDuration, parseBytes, parseDuration } from "./quantities.ts";

describe("sizes", () => {
  it.each([
    ["512m", 536_870_912],
    ["2GiB", 2_147_483_648],
    ["64kb", 65_536],
    ["1048576", 1_048_576],
    ["1.5k", 1536],
    ["0", 0],
    ["-1", undefined],
    ["m", undefined],
    ["", undefined],
    ["12 parsecs", undefined],
  ])("%j are %s bytes", (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  it.each([
    [512, "512 B"],
    [1536, "1.5 KiB"],
    [536_870_912, "512 MiB"],
  ])("%s bytes are shown as %j", (bytes, text) => expect(formatBytes(bytes)).toBe(text));
});

describe("durations", () => {
  it.each([
    ["2", 2000],
    ["1.5", 1500],
    ["500ms", 500],
    ["2m", 120_000],
    ["1h", 3_600_000],
    ["7d", 604_800_000],
    ["-2", undefined],
    ["soon", undefined],
  ])("%j are %s ms", (text, ms) => expect(parseDuration(text)).toBe(ms));

  it.each([
    [850, "850 ms"],
    [2400, "2.4 s"],
    [59_990, "1 min"],
    [185_000, "3 min 5 s"],
    [7_440_000, "2 h 4 min"],
  ])("%s ms are shown as %j", (ms, text) => expect(formatDuration(ms)).toBe(text));
});
