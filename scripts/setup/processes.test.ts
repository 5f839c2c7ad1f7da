import { spawn } from "node:child_process";
import { once } from "node:events";

import { expect, test } from "vitest";

import { childrenOf, isAlive, listProcesses, parsePs, waitUntilGone } from "./processes.ts";

test("a child is seen, with its parent, and not after its end", async () => {
  const child = spawn("sleep", ["61.5"], { stdio: "ignore" });
  await once(child, "spawn");
  const pid = child.pid ?? 0;
  expect(await listProcesses()).toContainEqual({ pid, command: "sleep 61.5" });
  expect(await isAlive(pid)).toBe(true);
  expect(await childrenOf(process.pid)).toContain(pid);
  expect(await waitUntilGone([pid], 0)).toEqual([pid]);

  child.kill("SIGKILL");
  expect(await waitUntilGone([pid], 10_000)).toEqual([]);
});

test("the output of ps is read line by line", () => {
  expect(parsePs("    1 /sbin/launchd\n  812 node  a b\n\n")).toEqual([
    { pid: 1, command: "/sbin/launchd" },
    { pid: 812, command: "node  a b" },
  ]);
});
