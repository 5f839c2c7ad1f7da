import { describe, expect, test } from "vitest";
import { bubblewrapArguments, fileArguments, type Surroundings } from "./bubblewrap-arguments.ts";

const given: Surroundings = {
  system: { readable: ["/usr", "/etc/ssl/certs"], links: [{ path: "/bin", target: "usr/bin" }] },
  canDisableUserNamespaces: true,
  hostname: "name",
  etc: "/mnt/etc",
  workspace: { directory: "/mnt/workspace" },
  home: { memoryBytes: 1000 },
  temporary: { memoryBytes: 2000 },
  memoryBytes: 4000,
  env: { GIVEN: "", PATH: "/opt/bin" },
};

/** What follows each of these options. */
function following(args: readonly string[], option: string, count: number): readonly string[] {
  return args.flatMap((arg, index) => (arg === option ? [args.slice(index + 1, index + 1 + count).join(" ")] : []));
}

describe("bubblewrapArguments", () => {
  const args = bubblewrapArguments(given);

  test("unshares everything, drops everything, and dies with its parent", () => {
    for (const option of [
      "--unshare-all",
      "--unshare-user",
      "--disable-userns",
      "--die-with-parent",
      "--new-session",
    ]) {
      expect(args).toContain(option);
    }
    expect(following(args, "--cap-drop", 1)).toEqual(["ALL"]);
    expect(args).not.toContain("--cap-add");
    expect(args).not.toContain("--share-net");
  });

  test("lets only the workspace of the host's tree be written", () => {
    expect(following(args, "--bind", 2)).toEqual(["/mnt/workspace /workspace"]);
    const readOnly = following(args, "--ro-bind", 1).filter((path) => !path.startsWith("/mnt/etc/"));
    expect(readOnly).toEqual(["/usr", "/etc/ssl/certs", "/dev/null", "/dev/null"]);
    expect(following(args, "--remount-ro", 1)).toEqual(["/dev", "/"]);
  });

  test("caps every memory that can be written", () => {
    const mounts = following(args, "--tmpfs", 1);
    expect(mounts).toEqual(["/dev/shm", "/run", "/tmp", "/home/agent"]);
    args.forEach((arg, index) => {
      const cap = arg === "--tmpfs" ? args[index - 2] : "--size";
      expect(cap).toBe("--size");
    });
  });

  test("clears the environment, then sets the defaults and what is given", () => {
    expect(args.indexOf("--clearenv")).toBeLessThan(args.indexOf("--setenv"));
    const env = following(args, "--setenv", 2);
    expect(env).toEqual(expect.arrayContaining(["PATH /opt/bin", "GIVEN ", "HOME /home/agent", "USER agent"]));
    expect(env.filter((entry) => entry.startsWith("PATH "))).toHaveLength(1);
  });

  test("asks an old bubblewrap for nothing that it does not know", () => {
    expect(bubblewrapArguments({ ...given, canDisableUserNamespaces: false })).not.toContain("--disable-userns");
  });
});

test("fileArguments give the workspace, neither /proc nor /dev, and one capability over the unit's own files", () => {
  const args = fileArguments({ ...given, workspace: "/mnt/workspace" });
  expect(following(args, "--bind", 2)).toEqual(["/mnt/workspace /workspace"]);
  expect(following(args, "--cap-add", 1)).toEqual(["CAP_DAC_OVERRIDE"]);
  for (const option of ["--proc", "--dev", "--tmpfs"]) expect(args).not.toContain(option);
  expect(following(args, "--setenv", 2)).toEqual(["PATH /usr/bin:/bin", "LC_ALL C"]);
});
