import { describe, expect, it } from "vitest";
import { sparkline } from "./sparkline.ts";

describe("a sparkline", () => {
  it("has a bar for each value, the highest the tallest, and a gap for what was not measured", () => {
    expect(sparkline([0, 1, 2, null, 4, 8], 60)).toBe("▁▁▂·▄█");
  });

  it("shows the highest of the values that share a column", () => {
    expect(sparkline([1, 8, 1, 1, null, 4], 3)).toBe("█▁▄");
  });

  it("is flat where all is nothing, and empty where there is none", () => {
    expect(sparkline([0, 0], 60)).toBe("▁▁");
    expect(sparkline([], 60)).toBe("");
  });
});
