import { expect, test } from "vitest";
import { engineTraits } from "../api/engine-traits.ts";
import { failureOf, unitSpec } from "../docker-fixture.ts";
import { inDialect } from "./container-dialect.ts";
import { containerSpec, type ContainerSpec } from "./container-spec.ts";
import { SECCOMP_OPTION } from "./seccomp-profile.ts";

const VERSION = { Version: "1", ApiVersion: "1.41" };
const docker = engineTraits({ ...VERSION, Components: [{ Name: "Engine" }] });
const podman = engineTraits({ ...VERSION, Components: [{ Name: "Podman Engine" }, { Name: "Conmon" }] });

const FILE = "/tmp/filter.json";
const dialect = (spec: ContainerSpec, traits: typeof docker) =>
  inDialect(spec, { traits, seccompFile: () => Promise.resolve(FILE) });

async function hostOf(kind: "sandbox" | "job", traits: typeof docker) {
  const user = { uid: 7, gid: 8 };
  const spec = containerSpec(
    { ...unitSpec(kind), id: "a", user, writableRoot: false },
    {},
    { script: ["x"], stdin: false },
  );
  return (await dialect(spec, traits)).HostConfig;
}

test("Docker reads a body as it is written", async () => {
  const spec = containerSpec(unitSpec("job"), {}, { script: ["x"], stdin: false });
  expect(await dialect(spec, docker)).toBe(spec);
  expect(await dialect(spec, engineTraits(VERSION))).toBe(spec);
});

test("Podman reads our system call filter from a file; where it sees none it filters by its own table", async () => {
  expect((await hostOf("job", docker)).SecurityOpt).toEqual(["no-new-privileges", SECCOMP_OPTION]);
  expect((await hostOf("job", podman)).SecurityOpt).toEqual(["no-new-privileges", `seccomp=${FILE}`]);
  const spec = containerSpec(unitSpec("job"), {}, { script: ["x"], stdin: false });
  const elsewhere = { traits: podman, seccompFile: () => Promise.resolve(undefined) };
  expect((await inDialect(spec, elsewhere)).HostConfig.SecurityOpt).toEqual(["no-new-privileges"]);
});

test("Podman's memory has no owner, so all may write there, and the image does not show through", async () => {
  expect((await hostOf("job", podman)).Tmpfs).toEqual({
    "/home/moorage": "rw,exec,nosuid,nodev,size=67108864,mode=1777,notmpcopyup",
    "/run": "rw,exec,nosuid,nodev,size=16777216,mode=1777,notmpcopyup",
    "/tmp": "rw,exec,nosuid,nodev,size=67108864,mode=1777,notmpcopyup",
    "/var/tmp": "ro,noexec,nosuid,nodev,size=4096,mode=555,notmpcopyup",
  });
});

test("Podman would give a job memory of its own at /var/tmp, without a cap: there is none to write to", async () => {
  expect((await hostOf("job", podman)).Tmpfs["/var/tmp"]).toMatch(/^ro,/);
  const writable = containerSpec(unitSpec("sandbox"), {}, { script: ["x"], stdin: false });
  expect((await dialect(writable, podman)).HostConfig.Tmpfs["/var/tmp"]).toBeUndefined();
});

test("Podman's logs are its own, capped as Docker's are, and none stay none", async () => {
  expect((await hostOf("job", podman)).LogConfig).toEqual({ Type: "k8s-file", Config: { "max-size": "1m" } });
  expect((await hostOf("sandbox", podman)).LogConfig).toEqual({ Type: "none" });
});

test("every limit of Docker's is there on Podman too", async () => {
  const [theirs, ours] = [await hostOf("sandbox", podman), await hostOf("sandbox", docker)];
  const { Tmpfs, Ulimits, SecurityOpt } = theirs;
  expect(theirs).toMatchObject({ ...ours, Tmpfs, Ulimits, SecurityOpt });
  expect(theirs.Ulimits).toEqual(expect.arrayContaining([...ours.Ulimits]));
});

test("Podman would pass over the name of a runtime, so it is refused", async () => {
  const spec = containerSpec({ ...unitSpec("job"), runtime: "crun" }, {}, { script: ["x"], stdin: false });
  expect((await dialect(spec, docker)).HostConfig).toMatchObject({ Runtime: "crun" });
  expect(await failureOf(() => dialect(spec, podman))).toMatchObject({
    code: "ENGINE_UNSUPPORTED",
    message: "Podman does not let a container name its runtime.",
    hint: "Leave --runtime out; Podman takes the one of its containers.conf.",
  });
});

test.each(["/a,b", '/a"b'])("Podman cannot mount %s, so it is refused", async (path) => {
  const wish = { ...unitSpec("job"), workspace: { type: "host", path } } as const;
  const spec = containerSpec(wish, {}, { script: ["x"], stdin: false });
  expect(await dialect(spec, docker)).toBe(spec);
  expect(await failureOf(() => dialect(spec, podman))).toMatchObject({
    code: "ENGINE_UNSUPPORTED",
    message: `Podman cannot mount ${JSON.stringify(path)}: it has a comma or a quote.`,
    hint: "Rename the directory, or use a Docker Engine.",
  });
});
