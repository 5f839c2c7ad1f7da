import { describe, expect, it } from "vitest";
import { judgeInside } from "./judge.ts";

const JOB = { profile: "job", network: "none" } as const;

function outcome(line: string, setting: Parameters<typeof judgeInside>[1] = JOB) {
  const [name] = line.split("\t");
  const found = judgeInside(line, setting).find(({ probe }) => probe === name);
  return found && [found.outcome, found.message];
}

describe("what a probe tells", () => {
  it.each([
    ["mount\theld\tEPERM", JOB, "held"],
    ["mount\tbroken\tthe call succeeded", JOB, "broken"],
    ["write-outside\tbroken\twrote to /etc", JOB, "broken"],
    ["write-outside\tbroken\twrote to /etc", { profile: "sandbox", network: "none" }, "by_design"],
    ["become-root\troot\truns as root", JOB, "broken"],
    ["become-root\troot\truns as root", { profile: "sandbox", network: "none" }, "by_design"],
    ["internet\tbroken\treached 1.1.1.1 port 443", { profile: "job", network: "open" }, "by_design"],
    ["internet\tbroken\treached 1.1.1.1 port 443", { profile: "job", network: "internal" }, "broken"],
    ["host\tbroken\treached 10.0.0.1 port 9", { profile: "sandbox", network: "open" }, "broken"],
    ["capabilities\tseen\t0000000000000000 0000000000000000", JOB, "held"],
    ["capabilities\tseen\t00000000a80425fb 00000000a80425fb", JOB, "broken"],
    ["capabilities\tseen\t00000000800000fb 00000000800000fb", { profile: "sandbox", network: "none" }, "held"],
    ["capabilities\tseen\t00000000800400fb 00000000800400fb", { profile: "sandbox", network: "none" }, "broken"],
    ["capabilities\tseen\tno number", JOB, "not_tried"],
    ["vsock\tperhaps\t", JOB, "not_tried"],
  ] as const)("%j in %j is %s", (line, setting, expected) => {
    expect(outcome(line, setting)?.[0]).toBe(expected);
  });

  it("is never taken for held where nothing was told", () => {
    expect(judgeInside("", JOB).map((each) => each.outcome)).toEqual(judgeInside("", JOB).map(() => "not_tried"));
    expect(judgeInside("", JOB).length).toBeGreaterThan(20);
    const [vsock] = judgeInside("devices\theld\tnone\npython\tmissing\t\n", JOB).filter(
      ({ probe }) => probe === "vsock",
    );
    expect(vsock).toMatchObject({ outcome: "not_tried", message: "the image has no python3" });
  });
});
