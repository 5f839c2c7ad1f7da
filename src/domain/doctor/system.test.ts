import { describe, expect, it } from "vitest";
import { checkClock, type ClockReading } from "./clock.ts";
import { checkContainer } from "./container.ts";
import { checkDisk } from "./disk.ts";
import { containerTrace, findHost, systemOfRelease, type Host, type HostSystem } from "./host.ts";

const MIB = 1024 ** 2;
const GIB = 1024 ** 3;
const host = (system: HostSystem = "debian", container?: string): Host => ({ engine: "docker", system, container });

describe("system.disk", () => {
  const spaces = (...bytes: number[]) => bytes.map((each, index) => ({ bytes: each, where: `in /${index}` }));

  it.each([
    [[5 * GIB, 6 * GIB], "ok"],
    [[5 * GIB - 1, 6 * GIB], "warning"],
    [[6 * GIB, 500 * MIB], "warning"],
    [[6 * GIB, 500 * MIB - 1], "failed"],
    [[], "warning"],
  ] as const)("%j is %s: the fullest file system counts", (bytes, status) => {
    expect(checkDisk(spaces(...bytes), host())).toMatchObject({ check: "system.disk", status });
  });

  it("names each file system with its free space", () => {
    expect(checkDisk(spaces(6 * GIB, 7 * GIB), host()).message).toBe("Free space: 6 GiB in /0, 7 GiB in /1.");
  });
});

describe("system.clock", () => {
  const now = Date.parse("2026-05-04T12:00:00Z");
  const reading = (ms: number, stepMs = 1000): ClockReading => ({
    from: "the engine's host",
    ms,
    stepMs,
    before: now,
    after: now + 300,
  });

  it.each([
    [0, "ok"],
    [-3000, "ok"],
    [-3001, "warning"],
    [2300, "ok"],
    [2301, "warning"],
  ])("a whole second that began %i ms from our look is %s", (offset, status) => {
    expect(checkClock(now, [reading(now + offset)], host())).toMatchObject({ check: "system.clock", status });
  });

  it("looks at every reading", () => {
    expect(checkClock(now, [reading(now), reading(now + 60_000)], host()).message).toContain("by 59.7 s");
  });

  it("fails before 2025, whatever others say", () => {
    const early = Date.parse("2024-12-31T23:59:59Z");
    expect(checkClock(early, [], host())).toMatchObject({ status: "failed" });
    expect(checkClock(early + 1000, [], host())).toMatchObject({ status: "ok" });
  });
});

describe("system.container", () => {
  it.each([
    ["0::/init.scope", undefined],
    ["0::/system.slice/docker.service", undefined],
    ["0::/", undefined],
    ["5:devices:/docker/3601745b3bd5", "/docker/3601745b3bd5"],
    ["0::/kubepods.slice/kubepods-pod1.slice", "/kubepods.slice/kubepods-pod1.slice"],
    ["0::/system.slice/docker-3601745b3bd5.scope", "/system.slice/docker-3601745b3bd5.scope"],
  ])("process 1 in %s is %s", (groups, group) => {
    const trace = containerTrace({ marks: [], groups, mounts: "" });
    expect(trace).toBe(group === undefined ? undefined : `process 1 is in the control group ${group}`);
  });

  it("knows a container by its root where the control groups are hidden", () => {
    const trace = (mount: string, ...marks: string[]) => containerTrace({ marks, groups: "0::/", mounts: mount });
    const layer = "overlay overlay rw,lowerdir=/var/lib/docker/overlay2/l/A";
    expect(trace(`1 0 0:3 / / rw - ${layer}`)).toBe("the root file system is a container's");
    expect(trace(`1 0 0:3 / /mnt rw - ${layer}`)).toBeUndefined();
    expect(trace("1 0 8:1 / / rw - ext4 /dev/sda1 rw")).toBeUndefined();
  });

  it("believes the mark of an engine, but not on a disk that was made from an image", () => {
    const trace = (mount: string) => containerTrace({ marks: ["/.dockerenv"], groups: "0::/", mounts: mount });
    expect(trace("1 0 0:3 /rootfs / rw - xfs /dev/mapper/docker-1 rw")).toBe("/.dockerenv");
    expect(trace("1 0 0:3 / / rw - overlay overlay rw,lowerdir=/a")).toBe("/.dockerenv");
    expect(trace("1 0 8:1 / / rw - ext4 /dev/sda1 rw")).toBeUndefined();
  });

  it("says what follows for workspaces, and for the process engine", () => {
    const inside = host("debian", "/.dockerenv is there");
    expect(checkContainer(host())).toMatchObject({ status: "ok", fix: null });
    expect(checkContainer(inside)).toMatchObject({
      status: "warning",
      message: expect.stringContaining("directory of the engine's host") as string,
    });
    expect(checkContainer({ ...inside, engine: "process" }).message).toContain("live inside it");
  });
});

describe("the system that fixes are for", () => {
  it.each([
    ["ID=debian", "debian"],
    ['ID="ubuntu"\nID_LIKE=debian', "debian"],
    ["ID=linuxmint\nID_LIKE=ubuntu", "debian"],
    ['ID="rocky"\nID_LIKE="rhel centos fedora"', "fedora"],
    ["ID=alpine", "alpine"],
    ["ID=arch", "linux"],
    ["", "linux"],
  ])("%j is %s", (release, system) => {
    expect(systemOfRelease(release)).toBe(system);
  });

  it("differs where the remedies do", async () => {
    expect(await findHost("docker", "darwin")).toEqual(host("macos"));
    expect(await findHost("docker", "win32")).toEqual(host("windows"));
    const systems = ["debian", "alpine", "linux", "macos", "windows"] as const;
    const fixes = systems.map((system) => checkClock(0, [], host(system)).fix);
    expect(new Set(fixes).size).toBe(systems.length);
    expect(checkClock(0, [], host("alpine", "/.dockerenv")).fix).toMatch(/^On the machine that hosts/);
    const full = [{ bytes: 1, where: "in /" }];
    expect(checkDisk(full, host()).fix).toContain("docker system prune");
    expect(checkDisk(full, { ...host(), engine: "process" }).fix).not.toContain("docker");
  });
});
