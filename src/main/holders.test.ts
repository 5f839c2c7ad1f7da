import { spawn } from "node:child_process";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { processHolders } from "./holders.ts";

describe("holders", () => {
  it("know this process as alive", () => {
    const holders = processHolders();
    expect(holders.isAlive(holders.self)).toBe(true);
  });

  it("tell two uses of one process apart, and know both as alive", () => {
    const [one, other] = [processHolders(), processHolders()];
    expect(one.self).not.toBe(other.self);
    expect(one.isAlive(other.self)).toBe(true);
  });

  it("tell a process that has ended, and one that only has its pid", async () => {
    const holders = processHolders();
    const child = spawn("sleep", ["60"]);
    await once(child, "spawn");
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    const start = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ")[19];
    const holder = `${child.pid}:${boot}:${start}`;
    expect(holders.isAlive(holder)).toBe(true);
    expect(holders.isAlive(`${child.pid}:${boot}:1`)).toBe(false);
    child.kill("SIGKILL");
    await once(child, "exit");
    expect(holders.isAlive(holder)).toBe(false);
  });

  it("share a clock with all processes of this boot, ended ones too, and with no others", () => {
    const holders = processHolders();
    const boot = readFileSync("/proc/sys/kernel/random/boot_id", "utf8").trim();
    expect(holders.sharesClock(holders.self)).toBe(true);
    expect(holders.sharesClock(`1:${boot}:1`)).toBe(true);
    expect(holders.sharesClock("1:another-boot:1")).toBe(false);
    expect(holders.sharesClock("1:")).toBe(false);
  });

  it.each(["", "x", "0:", "-1:a"])("take %j for dead", (holder) => {
    expect(processHolders().isAlive(holder)).toBe(false);
  });
});
