import { ABSENT_CALLS, ALLOWED_CALLS } from "./seccomp-calls.ts";

const ERRNO = { EPERM: 1, ENOSYS: 38, EAFNOSUPPORT: 97 } as const;

/**
 * Where calls have no 32-bit twins that hide their arguments (`socketcall`) and no second numbering: calls of 32-bit
 * programs and of x32 end the program.
 */
const ARCHITECTURES = ["SCMP_ARCH_X86_64", "SCMP_ARCH_AARCH64", "SCMP_ARCH_RISCV64"];

/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const NAMESPACE_FLAGS = 0x7e020000;

/** The families that the network namespace divides; VSOCK, for one, reaches the machine below whatever the network. */
const FAMILIES = { unix: 1, inet: 2, inet6: 10 } as const;
const NETLINK = 16;
/** Routes and addresses (0), and sockets (4, for `ss`) of its own namespace. */
const NETLINK_PROTOCOLS = [0, 4];
const HARMLESS_PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];
/** The init process, which ends the unit in time when nobody watches it any more. */
const INIT_PID = 1;

type Condition = {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: "SCMP_CMP_EQ" | "SCMP_CMP_NE" | "SCMP_CMP_GT" | "SCMP_CMP_MASKED_EQ";
};

type Rule = {
  readonly names: readonly string[];
  readonly action: "SCMP_ACT_ALLOW" | "SCMP_ACT_ERRNO";
  readonly errnoRet?: number;
  readonly args?: readonly Condition[];
};

/** The system call filter of every unit: an allow list, and judgements by argument. */
export function seccompProfile() {
  return {
    defaultAction: "SCMP_ACT_ERRNO",
    defaultErrnoRet: ERRNO.EPERM,
    archMap: ARCHITECTURES.map((architecture) => ({ architecture, subArchitectures: [] })),
    syscalls: [
      allow(Object.values(ALLOWED_CALLS).flat()),
      { names: [...ABSENT_CALLS], action: "SCMP_ACT_ERRNO", errnoRet: ERRNO.ENOSYS },
      allow(["clone"], { index: 0, value: NAMESPACE_FLAGS, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }),
      allow(["ptrace"], { index: 1, value: INIT_PID, op: "SCMP_CMP_NE" }),
      ...HARMLESS_PERSONALITIES.map((value) => allow(["personality"], { index: 0, value, op: "SCMP_CMP_EQ" })),
      ...Object.values(FAMILIES).map((value) => allow(["socket"], { index: 0, value, op: "SCMP_CMP_EQ" })),
      ...NETLINK_PROTOCOLS.map((value) =>
        allow(["socket"], { index: 0, value: NETLINK, op: "SCMP_CMP_EQ" }, { index: 2, value, op: "SCMP_CMP_EQ" }),
      ),
      {
        names: ["socket"],
        action: "SCMP_ACT_ERRNO",
        errnoRet: ERRNO.EAFNOSUPPORT,
        args: [{ index: 0, value: NETLINK, op: "SCMP_CMP_GT" }],
      },
    ] satisfies readonly Rule[],
  } as const;
}

function allow(names: readonly string[], ...args: readonly Condition[]): Rule {
  return { names, action: "SCMP_ACT_ALLOW", ...(args.length === 0 ? {} : { args }) };
}

/** As a container's creation takes it. */
export const SECCOMP_OPTION = `seccomp=${JSON.stringify(seccompProfile())}`;
