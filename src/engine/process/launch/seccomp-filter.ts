import {
  ABSENT_CALLS,
  callNumber,
  ERRNO,
  JUDGED_CALLS,
  NEWEST_SYSTEM_CALL,
  REFUSED_CALLS,
  type Machine,
} from "./system-calls.ts";

/** One instruction of classic BPF: operation, jumps when true and when false, constant. */
type Instruction = readonly [code: number, ifTrue: number, ifFalse: number, constant: number];

const LOAD = 0x20;
const IF_EQUAL = 0x15;
const IF_GREATER = 0x25;
const IF_ANY_BIT = 0x45;
const RETURN = 0x06;

// Offsets in struct seccomp_data; of an argument, the lower half: both machines are little-endian.
const OFFSET_CALL = 0;
const OFFSET_ARCHITECTURE = 4;
const offsetOfArgument = (index: number): number => 16 + 8 * index;

const ALLOW = 0x7fff0000;
const KILL_PROCESS = 0x80000000;
const AUDIT_ARCHITECTURE: Readonly<Record<Machine, number>> = { x64: 0xc000003e, arm64: 0xc00000b7 };

const NAMESPACE_FLAGS = 0x7e020000;
const ADDRESS_FAMILIES = { unix: 1, inet: 2, inet6: 10, netlink: 16 } as const;
const TERMINAL_INPUT = { TIOCSTI: 0x5412, TIOCLINUX: 0x541c } as const;
const HARMLESS_PERSONALITIES = [0x0, 0x8, 0x20000, 0x20008, 0xffffffff];

/**
 * The system call filter of every run, as `struct sock_filter` for `bwrap --seccomp`: what is not named is allowed.
 * Another architecture's calls (32-bit, x32) end the process or do not exist.
 */
export function seccompFilter(machine: Machine): Buffer {
  return encode([
    ...foreignCalls(machine),
    ...answers(REFUSED_CALLS, machine, ERRNO.EPERM),
    ...answers(ABSENT_CALLS, machine, ERRNO.ENOSYS),
    ...judgements(machine),
    [RETURN, 0, 0, ALLOW],
  ]);
}

function foreignCalls(machine: Machine): readonly Instruction[] {
  return [
    [LOAD, 0, 0, OFFSET_ARCHITECTURE],
    [IF_EQUAL, 1, 0, AUDIT_ARCHITECTURE[machine]],
    [RETURN, 0, 0, KILL_PROCESS],
    [LOAD, 0, 0, OFFSET_CALL],
    // x32 numbers begin at 0x40000000, so they are beyond the newest too.
    [IF_GREATER, 0, 1, NEWEST_SYSTEM_CALL],
    [RETURN, 0, 0, refusal(ERRNO.ENOSYS)],
  ];
}

type Calls = typeof REFUSED_CALLS;

function answers(calls: Calls, machine: Machine, errno: number): readonly Instruction[] {
  return Object.values(calls).flatMap((numbers) => {
    const number = callNumber(numbers, machine);
    return number === null ? [] : onCall(number, [[RETURN, 0, 0, refusal(errno)]]);
  });
}

function judgements(machine: Machine): readonly Instruction[] {
  const judge = (call: keyof typeof JUDGED_CALLS, verdict: readonly Instruction[]): readonly Instruction[] =>
    onCall(callNumber(JUDGED_CALLS[call], machine) ?? 0, verdict);
  return [
    ...judge("clone", [
      [LOAD, 0, 0, offsetOfArgument(0)],
      [IF_ANY_BIT, 0, 1, NAMESPACE_FLAGS],
      [RETURN, 0, 0, refusal(ERRNO.EPERM)],
      [RETURN, 0, 0, ALLOW],
    ]),
    // Families such as VSOCK and ALG are not divided by the network namespace.
    ...judge("socket", onlyValues(0, Object.values(ADDRESS_FAMILIES), ERRNO.EAFNOSUPPORT)),
    ...judge("ioctl", exceptValues(1, Object.values(TERMINAL_INPUT))),
    ...judge("personality", onlyValues(0, HARMLESS_PERSONALITIES, ERRNO.EPERM)),
    // Debuggers work, but not on PID 1, which ends the run when Moorage is gone.
    ...judge("ptrace", exceptValues(1, [1])),
  ];
}

/** The verdict when this is the call; it has to return in every case, since it may have loaded something else. */
function onCall(number: number, verdict: readonly Instruction[]): readonly Instruction[] {
  return [[IF_EQUAL, 0, verdict.length, number], ...verdict];
}

function onlyValues(argument: number, values: readonly number[], errno: number): readonly Instruction[] {
  return [...compare(argument, values, ALLOW), [RETURN, 0, 0, refusal(errno)]];
}

function exceptValues(argument: number, values: readonly number[]): readonly Instruction[] {
  return [...compare(argument, values, refusal(ERRNO.EPERM)), [RETURN, 0, 0, ALLOW]];
}

function compare(argument: number, values: readonly number[], answer: number): readonly Instruction[] {
  const tests = values.flatMap((value): readonly Instruction[] => [
    [IF_EQUAL, 0, 1, value],
    [RETURN, 0, 0, answer],
  ]);
  return [[LOAD, 0, 0, offsetOfArgument(argument)], ...tests];
}

function refusal(errno: number): number {
  return 0x00050000 | errno;
}

function encode(program: readonly Instruction[]): Buffer {
  const bytes = Buffer.alloc(program.length * 8);
  program.forEach(([code, ifTrue, ifFalse, constant], index) => {
    const at = index * 8;
    bytes.writeUInt16LE(code, at);
    bytes.writeUInt8(ifTrue, at + 2);
    bytes.writeUInt8(ifFalse, at + 3);
    bytes.writeUInt32LE(constant, at + 4);
  });
  return bytes;
}
