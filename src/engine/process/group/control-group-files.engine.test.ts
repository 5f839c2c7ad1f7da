import { spawn } from "node:child_process";
import { access, mkdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { newId } from "../../../base/ids.ts";
import { groupMounts } from "../../group/group-mounts.ts";
import { endGroup, groupProcesses } from "./control-group-files.ts";

/** The hierarchies in which this user may make groups. */
async function usablePlaces() {
  if (process.platform !== "linux" || process.getuid?.() !== 0) return [];
  const mounts = groupMounts(await readFile("/proc/self/mountinfo", "utf8"));
  const second = mounts.find(({ version }) => version === 2);
  const first = mounts.find(({ version, options }) => version === 1 && options.includes("pids"));
  return [second, first].filter((mount) => mount !== undefined);
}

/** Enters the group and leaves children, sessions and a fork without end behind. */
const CROWD = `
echo 0 >"$1/cgroup.procs" || exit 1
sleep 300 &
setsid sh -c 'trap "" TERM; while :; do sleep 0.01; done' &
while :; do (:); done
`;

describe.each(await usablePlaces())("a group of version $version at $path", ({ path }) => {
  test("ends with everything that is in it, and what that is just starting", async () => {
    const group = join(path, `moorage-test-${newId()}`);
    await mkdir(group);
    const crowd = spawn("sh", ["-c", CROWD, "sh", group], { stdio: "ignore" });
    const ended = new Promise((resolve) => void crowd.once("exit", (_, signal) => resolve(signal)));
    try {
      await expect.poll(async () => (await groupProcesses(group)).length, { timeout: 20_000 }).toBeGreaterThan(2);
    } finally {
      await endGroup(group);
    }
    expect(await ended).toBe("SIGKILL");
    await expect(access(group)).rejects.toThrow("ENOENT");
    await endGroup(group);
  });
});
