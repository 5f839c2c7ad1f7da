import { describe, expect, test } from "vitest";
import type { UnitSpec } from "../../engine.ts";
import { failureOf } from "../docker-fixture.ts";
import { containerSpec } from "./container-spec.ts";
import { SECCOMP_OPTION } from "./seccomp-profile.ts";

const MIB = 1024 * 1024;
const ours = { "moorage.id": "id" };
const main = { script: ["script", "argument"], stdin: false };

function spec(wish: Partial<UnitSpec> = {}): UnitSpec {
  return {
    id: "abcdefghij0123456789",
    kind: "sandbox",
    image: "busybox:latest",
    env: {},
    workspace: { type: "volume" },
    limits: { memoryBytes: 64 * MIB, cpus: 0.5, pids: 32 },
    writableRoot: true,
    capabilities: [],
    network: "none",
    ...wish,
  };
}

const create = (wish: Partial<UnitSpec> = {}): object => containerSpec(spec(wish), ours, main);

describe("networks", () => {
  test("an internal unit has a bridge of its own, and a resolver that asks nobody", () => {
    const NetworkMode = "moorage-abcdefghij0123456789";
    const HostConfig = { NetworkMode, Dns: ["127.0.0.1"], DnsOptions: ["timeout:1", "attempts:1"] };
    expect(create({ network: "internal" })).toMatchObject({ HostConfig });
  });

  test("an open unit has a bridge of its own, and the host's name servers", () => {
    const made = create({ network: "open" });
    expect(made).toMatchObject({ HostConfig: { NetworkMode: "moorage-abcdefghij0123456789" } });
    expect(made).not.toHaveProperty("HostConfig.Dns");
  });
});

describe("what confines every unit", () => {
  test("limits without swap, no capabilities, no new privileges, no network, an init, no host namespaces", () => {
    expect(create()).toMatchObject({
      Healthcheck: { Test: ["NONE"] },
      HostConfig: {
        Init: true,
        Memory: 64 * MIB,
        MemorySwap: 64 * MIB,
        NanoCpus: 500_000_000,
        PidsLimit: 32,
        OomKillDisable: false,
        CapDrop: ["ALL"],
        CapAdd: [],
        SecurityOpt: ["no-new-privileges", SECCOMP_OPTION],
        NetworkMode: "none",
        IpcMode: "private",
        CgroupnsMode: "private",
        Privileged: false,
        AutoRemove: false,
        RestartPolicy: { Name: "no" },
      },
    });
  });

  test("the image's entrypoint is never used", () => {
    expect(create()).toMatchObject({ Entrypoint: ["/bin/sh", "-c", "script", "moorage"], Cmd: ["argument"] });
  });

  test("labels for other tools never displace ours", () => {
    expect(create({ labels: { "moorage.id": "forged", user_id: "u" } })).toMatchObject({
      Labels: { "moorage.id": "id", user_id: "u" },
    });
  });

  test("capabilities that are asked for come back by name", () => {
    expect(create({ capabilities: ["CHOWN"] })).toMatchObject({
      HostConfig: { CapDrop: ["ALL"], CapAdd: ["CAP_CHOWN"] },
    });
  });

  test("no image, or too few processes to run anything, is INVALID_INPUT", async () => {
    const { image: _, ...without } = spec();
    expect((await failureOf(() => containerSpec(without, ours, main))).code).toBe("INVALID_INPUT");
    const few = await failureOf(() => create({ limits: { memoryBytes: MIB, cpus: 1, pids: 5 } }));
    expect(few.code).toBe("INVALID_INPUT");
    expect(few.message).toContain("at least 6");
  });
});

describe("storage", () => {
  test("a volume has the unit's name and labels", () => {
    const mount = { Type: "volume", Source: "moorage-abcdefghij0123456789", Target: "/workspace" };
    expect(create()).toMatchObject({
      HostConfig: { Mounts: [{ ...mount, VolumeOptions: { Labels: ours } }], Tmpfs: {} },
    });
  });

  test("a directory of the host must exist, and mounts do not travel back", () => {
    expect(create({ workspace: { type: "host", path: "/a:b,c" } })).toMatchObject({
      HostConfig: {
        Mounts: [{ Type: "bind", Source: "/a:b,c", Target: "/workspace", BindOptions: { Propagation: "rprivate" } }],
      },
    });
  });

  test("memory belongs to the unit's user", () => {
    const wish = { workspace: { type: "memory", sizeBytes: MIB }, user: { uid: 7, gid: 8 } } as const;
    expect(create(wish)).toMatchObject({
      HostConfig: { Mounts: [], Tmpfs: { "/workspace": "rw,exec,nosuid,nodev,size=1048576,uid=7,gid=8,mode=755" } },
    });
  });

  test("a read-only root has memory at /tmp, /run and the home, executable and capped", () => {
    const created = create({ writableRoot: false, user: { uid: 7, gid: 8 } });
    expect(created).toMatchObject({
      Env: ["HOME=/home/moorage", "USER=moorage", "LOGNAME=moorage"],
      HostConfig: {
        ReadonlyRootfs: true,
        Tmpfs: {
          "/tmp": "rw,exec,nosuid,nodev,size=67108864,mode=1777",
          "/run": "rw,exec,nosuid,nodev,size=16777216,uid=7,gid=8,mode=755",
          "/home/moorage": "rw,exec,nosuid,nodev,size=67108864,uid=7,gid=8,mode=700",
        },
      },
    });
  });

  test.each(["/workspace", "/workspace/home", "/"])("a home at %s is not covered with memory", (HOME) => {
    const { HostConfig } = create({ writableRoot: false, env: { HOME } }) as { HostConfig: { Tmpfs: object } };
    expect(Object.keys(HostConfig.Tmpfs).toSorted()).toEqual(["/run", "/tmp"]);
  });
});
