import { expect, test } from "vitest";
import { ABSENT_CALLS, ALLOWED_CALLS } from "./seccomp-calls.ts";
import { seccompProfile } from "./seccomp-profile.ts";

const allowed: readonly string[] = Object.values(ALLOWED_CALLS).flat();
const ruled = seccompProfile().syscalls.flatMap(({ names }) => names);

test("what is not named is refused", () => {
  expect(seccompProfile()).toMatchObject({ defaultAction: "SCMP_ACT_ERRNO", defaultErrnoRet: 1 });
});

test("no call that widens what a unit reaches is named", () => {
  const refused = [
    ...["mount", "umount2", "pivot_root", "chroot", "open_tree", "move_mount", "fsopen", "fsconfig", "fsmount"],
    ...["fspick", "mount_setattr", "setns", "unshare", "sethostname", "setdomainname", "keyctl", "add_key"],
    ...["request_key", "bpf", "perf_event_open", "userfaultfd", "fanotify_init", "lookup_dcookie", "syslog", "acct"],
    ...["quotactl", "quotactl_fd", "process_vm_readv", "process_vm_writev", "process_madvise", "pidfd_getfd", "kcmp"],
    ...["move_pages", "migrate_pages", "open_by_handle_at", "name_to_handle_at", "kexec_load", "kexec_file_load"],
    ...["init_module", "finit_module", "delete_module", "reboot", "swapon", "swapoff", "iopl", "ioperm"],
    ...["settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "modify_ldt", "vmsplice", "socketcall", "ipc"],
  ];
  expect(refused.filter((name) => ruled.includes(name))).toEqual([]);
});

test("each call is named once, and is allowed, absent or judged, never two of them", () => {
  const judged = new Set(["clone", "ptrace", "personality", "socket"]);
  expect(new Set(allowed).size).toBe(allowed.length);
  expect([...ABSENT_CALLS, ...judged].filter((name) => allowed.includes(name))).toEqual([]);
  expect(ruled.filter((name) => !allowed.includes(name) && !judged.has(name))).toEqual([...ABSENT_CALLS]);
});

test("every judgement names an argument: a rule without one would allow the call whole", () => {
  const judging = seccompProfile().syscalls.filter(({ names }) =>
    names.some((name) => ["clone", "ptrace", "personality", "socket"].includes(name)),
  );
  expect(judging.length).toBeGreaterThan(10);
  expect(judging.filter(({ args }) => args === undefined || args.length === 0)).toEqual([]);
});

test("no architecture with a second numbering is let in", () => {
  for (const { architecture, subArchitectures } of seccompProfile().archMap) {
    expect(architecture).toMatch(/^SCMP_ARCH_(?:X86_64|AARCH64|RISCV64)$/);
    expect(subArchitectures).toEqual([]);
  }
});
