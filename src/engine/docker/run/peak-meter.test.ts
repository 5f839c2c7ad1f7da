import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { createPeakMeter } from "./peak-meter.ts";

let directory = "";
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), "moorage-peak-"));
});
afterEach(() => rmSync(directory, { recursive: true }));

const file = (version: 1 | 2) => join(directory, version === 1 ? "memory.max_usage_in_bytes" : "memory.peak");
const kernelSays = (version: 1 | 2, bytes: number) => writeFileSync(file(version), `${bytes}\n`);
const open = (version: 1 | 2) => createPeakMeter({ version, parents: { memory: directory } });

describe("the highest memory use of a run", () => {
  it("is measured anew on version 1, unless another run goes on", () => {
    kernelSays(1, 900);
    const meter = open(1);
    using first = meter.begin();
    expect(readFileSync(file(1), "utf8")).toMatch(/^0/);
    kernelSays(1, 500);
    using second = meter.begin();
    expect(readFileSync(file(1), "utf8")).toBe("500\n");
    expect(first.peak()).toBe(500);
    expect(second.peak()).toBeNull();
    kernelSays(1, 501);
    expect(second.peak()).toBe(501);
    first[Symbol.dispose]();
    first[Symbol.dispose]();
    using third = meter.begin();
    expect(third.peak()).toBeNull();
  });

  it("is known on version 2 where it has risen above all before", () => {
    kernelSays(2, 900);
    const meter = open(2);
    using run = meter.begin();
    expect(run.peak()).toBeNull();
    kernelSays(2, 1000);
    expect(run.peak()).toBe(1000);
  });

  it("is unknown where the group is gone, and where there is none", () => {
    kernelSays(2, 1);
    using run = open(2).begin();
    rmSync(file(2));
    expect(run.peak()).toBeNull();
    using later = open(2).begin();
    kernelSays(2, 5);
    expect(later.peak()).toBeNull();
  });
});
