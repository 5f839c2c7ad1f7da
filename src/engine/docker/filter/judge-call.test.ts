import { describe, expect, it } from "vitest";
import type { UnitSpec } from "../../engine.ts";
import { containerSpec } from "../unit/container-spec.ts";
import { judgeBody, judgeCall } from "./judge-call.ts";

const ID = "abcdefghij0123456789";
const UNIT = `moorage-${ID}`;
const FOREIGN = "f".repeat(64);

const SPEC: UnitSpec = {
  id: ID,
  kind: "sandbox",
  image: "busybox:latest",
  env: {},
  network: "none",
  writableRoot: true,
  workspace: { type: "volume" },
  limits: { memoryBytes: 64 * 1024 ** 2, cpus: 0.5, pids: 64 },
  capabilities: ["CHOWN", "SETUID"],
  labels: { "moorage.kind": "sandbox" },
};
const BODY = containerSpec(SPEC, { "moorage.signature": "signed" }, { script: ["sleep 1"], stdin: true });
const { HostConfig } = BODY;

function judged(method: string, target: string, body?: unknown): string {
  const call = judgeCall(method, target);
  if ("refused" in call) return call.refused;
  const judgement = judgeBody(call, typeof body === "string" ? body : JSON.stringify(body ?? {}));
  return "refused" in judgement ? judgement.refused : "allowed";
}

const create = (body: unknown): string => judged("POST", `/v1.41/containers/create?name=${UNIT}`, body);
const withHost = (change: object): unknown => ({ ...BODY, HostConfig: { ...HostConfig, ...change } });

describe("a container", () => {
  it.each([
    ["of a sandbox", SPEC, { script: ["sleep 1"], stdin: true }],
    ["of a job", { ...SPEC, kind: "job", capabilities: [], writableRoot: false }, { script: ["true"], stdin: true }],
    ["of its image's program", { ...SPEC, main: { command: ["serve"] } }, { stdin: false }],
    ["with memory as a workspace", { ...SPEC, workspace: { type: "memory", sizeBytes: 4096 } }, { stdin: false }],
    ["with a volume", { ...SPEC, workspace: { type: "named", volume: ID } }, { stdin: false }],
    ["with a user", { ...SPEC, user: { uid: 1000, gid: 1000 } }, { stdin: false, cgroupParent: `/moorage-jobs/${ID}` }],
    [
      "with a port",
      { ...SPEC, network: "internal", ports: [{ port: 80, protocol: "tcp", hostPort: 8080 }] },
      { stdin: false },
    ],
    ["in a network", { ...SPEC, network: "named", membership: { network: ID, names: ["db"] } }, { stdin: false }],
    ["with a runtime", { ...SPEC, runtime: "runsc" }, { stdin: false }],
  ] as const)("%s passes as Moorage makes it", (_what, spec, main) => {
    expect(create(containerSpec(spec, {}, main))).toBe("allowed");
  });

  it.each([
    ["more rights", { Privileged: true }, "HostConfig.Privileged"],
    ["more rights, in a spelling that Go reads, too", { privileged: true }, 'Unrecognized key: "privileged"'],
    ["a directory of the host", { Binds: ["/:/host"] }, 'Unrecognized key: "Binds"'],
    [
      "a mounted directory",
      { Mounts: [{ Type: "bind", Source: "/", Target: "/workspace" }] },
      "HostConfig.Mounts.0.Type",
    ],
    [
      "somebody's volume",
      { Mounts: [{ Type: "volume", Source: "db", Target: "/workspace" }] },
      "HostConfig.Mounts.0.Source",
    ],
    [
      "a volume that is a directory",
      {
        Mounts: [{ ...HostConfig.Mounts[0], VolumeOptions: { DriverConfig: { Options: { o: "bind", device: "/" } } } }],
      },
      "HostConfig.Mounts.0.VolumeOptions",
    ],
    ["somebody's volumes", { VolumesFrom: ["db"] }, 'Unrecognized key: "VolumesFrom"'],
    ["the host's processes", { PidMode: "host" }, 'Unrecognized key: "PidMode"'],
    ["the host's network", { NetworkMode: "host" }, "HostConfig.NetworkMode"],
    ["somebody's network", { NetworkMode: "container:db" }, "HostConfig.NetworkMode"],
    ["the host's memory", { IpcMode: "host" }, "HostConfig.IpcMode"],
    ["the host's name", { UTSMode: "host" }, 'Unrecognized key: "UTSMode"'],
    ["the host's users", { UsernsMode: "host" }, 'Unrecognized key: "UsernsMode"'],
    ["the host's control groups", { CgroupnsMode: "host" }, "HostConfig.CgroupnsMode"],
    ["a device", { Devices: [{ PathOnHost: "/dev/sda" }] }, 'Unrecognized key: "Devices"'],
    ["devices by rule", { DeviceCgroupRules: ["a *:* rwm"] }, 'Unrecognized key: "DeviceCgroupRules"'],
    ["a graphics card", { DeviceRequests: [{ Count: -1 }] }, 'Unrecognized key: "DeviceRequests"'],
    ["a capability", { CapAdd: ["CAP_SYS_ADMIN"] }, "HostConfig.CapAdd.0"],
    ["all capabilities", { CapAdd: ["ALL"] }, "HostConfig.CapAdd.0"],
    ["what engines give by themselves", { CapDrop: [] }, "HostConfig.CapDrop"],
    ["all system calls", { SecurityOpt: ["no-new-privileges", "seccomp=unconfined"] }, "HostConfig.SecurityOpt.1"],
    ["new privileges", { SecurityOpt: [HostConfig.SecurityOpt[1]] }, "HostConfig.SecurityOpt"],
    ["settings of the kernel", { Sysctls: { "kernel.shm_rmid_forced": "0" } }, 'Unrecognized key: "Sysctls"'],
    ["unhidden paths", { MaskedPaths: [] }, 'Unrecognized key: "MaskedPaths"'],
    ["no limit of memory", { Memory: 0 }, "HostConfig.Memory"],
    ["no limit of processes", { PidsLimit: -1 }, "HostConfig.PidsLimit"],
    [
      "a port for everybody",
      { PortBindings: { "80/tcp": [{ HostIp: "0.0.0.0", HostPort: "80" }] } },
      "HostConfig.PortBindings",
    ],
    ["a life after it", { RestartPolicy: { Name: "always" } }, "HostConfig.RestartPolicy.Name"],
    ["somebody's control group", { CgroupParent: "/" }, "HostConfig.CgroupParent"],
    ["a log elsewhere", { LogConfig: { Type: "syslog" } }, "HostConfig.LogConfig.Type"],
  ])("with %s is refused", (_what, change, where) => {
    expect(create(withHost(change))).toContain(where);
  });

  it.each([
    ["of another name", () => judged("POST", "/containers/create?name=db", BODY), "name: "],
    ["without a name", () => judged("POST", "/containers/create", BODY), "name: "],
    ["with two names", () => judged("POST", `/containers/create?name=${UNIT}&name=db`, BODY), "a parameter twice"],
    ["with a mount of its own", () => create({ ...BODY, Volumes: { "/x": {} } }), 'Unrecognized key: "Volumes"'],
    [
      "with two configurations",
      () => create({ ...BODY, hostconfig: { Privileged: true } }),
      'Unrecognized key: "hostconfig"',
    ],
    ["that is no JSON", () => create("{"), "expected object"],
  ])("%s is refused", (_what, judge, told) => {
    expect(judge()).toContain(told);
  });

  it("is sent on as it was judged, where a body has a field twice", () => {
    const call = judgeCall("POST", `/containers/create?name=${UNIT}`);
    if ("refused" in call) throw new Error(call.refused);
    const text = JSON.stringify(BODY).replace('"Privileged":false', '"Privileged":true,"Privileged":false');
    expect(judgeBody(call, text)).toMatchObject({ json: JSON.stringify(BODY) });
  });
});

const NOTHING = "nothing that Moorage asks of an engine";

it.each([
  ["GET", "/v1.41/info", "allowed"],
  ["GET", "/_ping", "allowed"],
  ["GET", `/v1.44/containers/${UNIT}/json?size=1`, "allowed"],
  ["HEAD", `/v1.41/containers/${FOREIGN}/archive?path=/x`, "allowed"],
  ["GET", "/v1.41/images/registry.example:5000/team/app@sha256:00/json", "allowed"],
  ["POST", "/v1.41/containers/db/exec", NOTHING],
  ["POST", `/v1.41/containers/${FOREIGN.slice(1)}/start`, NOTHING],
  ["POST", "/v1.41/containers/moorage-server-1/stop", NOTHING],
  ["POST", `/v1.41/containers/${UNIT}/rename?name=db`, NOTHING],
  ["POST", "/v1.41/containers/prune", NOTHING],
  ["GET", `/v1.41/containers/${UNIT}/export`, NOTHING],
  ["GET", "/v1.41/images/../containers/db/json", NOTHING],
  ["GET", "/v1.41/images/%2e%2e/containers/db/json", NOTHING],
  ["GET", "//v1.41/info", NOTHING],
  ["GET", "/v1.41//info", NOTHING],
  ["GET", "http://docker/v1.41/info", NOTHING],
  ["DELETE", "/v1.41/info", NOTHING],
  ["POST", "/v1.41/session", NOTHING],
  ["POST", "/grpc", NOTHING],
  ["POST", "/v1.41/swarm/init", NOTHING],
  ["POST", "/v1.41/plugins/pull?remote=x", NOTHING],
  ["POST", "/v1.41/auth", NOTHING],
  ["DELETE", "/v1.41/networks/bridge", NOTHING],
  ["DELETE", "/v1.41/volumes/db", NOTHING],
  ["POST", "/v1.41/networks/host/connect", NOTHING],
  ["POST", "/v1.41/images/create?fromSrc=http://10.0.0.1/", "fromImage: "],
  ["POST", "/v1.41/build?t=x", "memory: "],
])("%s %s: %s", (method, target, told) => {
  expect(judged(method, target)).toContain(told);
});

const BUILD = "t=x&dockerfile=Dockerfile&memory=1024&memswap=1024&shmsize=1&rm=1&forcerm=1&version=1";

it.each([
  ["", "allowed"],
  [`&networkmode=${UNIT}`, "allowed"],
  ["&networkmode=host", "networkmode"],
  ["&remote=http://10.0.0.1/", 'Unrecognized key: "remote"'],
  ["&securityopt=seccomp=unconfined", 'Unrecognized key: "securityopt"'],
  ["&cgroupparent=/", 'Unrecognized key: "cgroupparent"'],
  ["&extrahosts=db:10.0.0.1", 'Unrecognized key: "extrahosts"'],
  ["&session=1", 'Unrecognized key: "session"'],
])("a build with %j: %s", (more, told) => {
  expect(judged("POST", `/v1.41/build?${BUILD}${more}`)).toContain(told);
});

it.each([
  ["/volumes/create", { Name: `moorage-volume-${ID}`, Labels: {} }, "allowed"],
  ["/volumes/create", { Name: "db", Labels: {} }, "Name"],
  ["/volumes/create", { Name: `moorage-volume-${ID}`, Labels: {}, DriverOpts: { device: "/" } }, "DriverOpts"],
  [`/containers/${UNIT}/update`, { PidsLimit: 5 }, "allowed"],
  [`/containers/${UNIT}/update`, { PidsLimit: 5, Devices: [] }, "Devices"],
  ["/networks/none/connect", { Container: UNIT }, "allowed"],
  ["/networks/none/connect", { Container: "db" }, "Container"],
  [`/exec/${FOREIGN}/start`, { Detach: false, Tty: false }, "allowed"],
  ["/networks/create", { Name: UNIT, Driver: "macvlan" }, "CheckDuplicate"],
  [`/commit?container=${UNIT}&repo=x&tag=y&pause=0`, {}, "allowed"],
  ["/commit?container=db&repo=x&tag=y&pause=0", {}, "container"],
] as const)("POST %s with %j: %s", (path, body, told) => {
  expect(judged("POST", path, body)).toContain(told);
});

it("a program in a container gets no more rights than it", () => {
  const exec = { AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: false, Env: [], Cmd: ["id"] };
  expect(judged("POST", `/containers/${UNIT}/exec`, exec)).toBe("allowed");
  expect(judged("POST", `/containers/${UNIT}/exec`, { ...exec, Privileged: true })).toContain("Privileged");
});
