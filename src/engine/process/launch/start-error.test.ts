import { expect, test } from "vitest";
import { WORKSPACE_MOVED } from "./launcher-scripts.ts";
import { startError } from "./start-error.ts";

test.each([
  ["bwrap: No permissions to create a new namespace, likely because the kernel …", "ENGINE_UNSUPPORTED"],
  ["bwrap: Creating new namespace failed: Operation not permitted", "ENGINE_UNSUPPORTED"],
  [
    "bwrap: Creating new namespace failed: nesting depth or /proc/sys/user/max_*_namespaces exceeded (ENOSPC)",
    "ENGINE_UNSUPPORTED",
  ],
  ["bwrap: setting up uid map: Permission denied", "ENGINE_UNSUPPORTED"],
  ["bwrap: loopback: Failed RTM_NEWADDR: Operation not permitted", "ENGINE_UNSUPPORTED"],
  ["bwrap: Can't mount proc on /newroot/proc: Operation not permitted", "ENGINE_UNSUPPORTED"],
  ["bwrap: Creating new namespace failed: Resource temporarily unavailable", "LIMIT_EXCEEDED"],
  [WORKSPACE_MOVED, "WORKSPACE_NOT_FOUND"],
  ["bwrap: Can't find source path /nowhere: No such file or directory", "ENGINE_FAILED"],
  ["", "ENGINE_FAILED"],
])("%s is %s", (complaint, code) => {
  const error = startError(`${complaint}\n`, null, "/srv/workspace");
  expect(error).toMatchObject({ code, details: { complaints: complaint } });
  expect(error.hint).not.toBe("");
});

test("a start that is killed without a word is one that had too little memory", () => {
  expect(startError("", "SIGKILL")).toMatchObject({ code: "LIMIT_EXCEEDED" });
});

test("forbidden namespaces come with what to set", () => {
  const { hint } = startError("bwrap: setting up uid map: Permission denied", null);
  for (const setting of ["unprivileged_userns_clone", "apparmor_restrict_unprivileged_userns", "max_user_namespaces"]) {
    expect(hint).toContain(setting);
  }
});
