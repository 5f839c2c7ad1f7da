import { describe, expect, it } from "vitest";
import { failureOf } from "../docker-fixture.ts";
import { refuseUnlimited } from "./limit-check.ts";

// As Docker Engine 20.10 describes itself without root rights, and with them.
const rootless = { CgroupDriver: "none", CgroupVersion: "1" };

describe("an engine that keeps no limits", () => {
  it("is refused", async () => {
    const { code, message, hint } = await failureOf(() => refuseUnlimited(rootless));
    expect({ code, message, hint }).toEqual({
      code: "ENGINE_UNSUPPORTED",
      message: "This engine cannot enforce any limit: it runs without control groups (the host has version 1).",
      hint: "Boot the host with control groups v2 and delegate them to the engine's user, or use an engine that runs as root.",
    });
  });

  it.each([{ CgroupDriver: "cgroupfs", CgroupVersion: "1" }, { CgroupDriver: "systemd" }, {}])(
    "is not one that says %j",
    (said) => {
      expect(() => refuseUnlimited(said)).not.toThrow();
    },
  );
});
