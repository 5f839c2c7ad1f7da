import { describe, expect, test } from "vitest";
import { seccompFilter } from "./seccomp-filter.ts";
import { ABSENT_CALLS, callNumber, JUDGED_CALLS, REFUSED_CALLS, type Machine } from "./system-calls.ts";

const ALLOW = 0x7fff0000;
const KILL = 0x80000000;
const errno = (number: number): number => 0x00050000 + number;
const MACHINES: readonly [Machine, number, number][] = [
  ["x64", 0xc000003e, 0],
  ["arm64", 0xc00000b7, 1],
];

type Call = { readonly architecture: number; readonly number: number; readonly args?: readonly bigint[] };

/** What the kernel would do: a plain interpreter of the instructions that the filter uses. */
function verdict(program: Buffer, call: Call): number {
  const data = Buffer.alloc(64);
  data.writeUInt32LE(call.number, 0);
  data.writeUInt32LE(call.architecture, 4);
  (call.args ?? []).forEach((value, index) => data.writeBigUInt64LE(value, 16 + 8 * index));
  let accumulator = 0;
  for (let at = 0; at < program.length; at += 8) {
    const constant = program.readUInt32LE(at + 4);
    const jump = (condition: boolean): void => void (at += 8 * program.readUInt8(condition ? at + 2 : at + 3));
    switch (program.readUInt16LE(at)) {
      case 0x20:
        accumulator = data.readUInt32LE(constant);
        break;
      case 0x15:
        jump(accumulator === constant);
        break;
      case 0x25:
        jump(accumulator > constant);
        break;
      case 0x45:
        jump((accumulator & constant) !== 0);
        break;
      case 0x06:
        return constant;
      default:
        throw new Error(`No such instruction: 0x${program.readUInt16LE(at).toString(16)}`);
    }
  }
  throw new Error("The program ran out without a verdict.");
}

describe.each(MACHINES)("the filter for %s", (machine, architecture, column) => {
  const program = seccompFilter(machine);
  const on = (number: number, ...args: bigint[]): number => verdict(program, { architecture, number, args });
  const judged = (call: keyof typeof JUDGED_CALLS, ...args: bigint[]): number =>
    on(JUDGED_CALLS[call][column === 0 ? 0 : 1], ...args);

  test("every refused call is EPERM, every absent one ENOSYS", () => {
    const numbersOf = (calls: typeof REFUSED_CALLS): readonly number[] =>
      Object.values(calls).flatMap((numbers) => callNumber(numbers, machine) ?? []);
    const refused = numbersOf(REFUSED_CALLS);
    expect(refused.length).toBeGreaterThan(45);
    expect(refused.filter((number) => on(number) !== errno(1))).toEqual([]);
    expect(numbersOf(ABSENT_CALLS).map((number) => on(number))).toEqual([38, 38, 38, 38].map(errno));
  });

  test("a call that is not listed is allowed, one that is newer than the list is ENOSYS", () => {
    const listed = new Set(
      [...Object.values(REFUSED_CALLS), ...Object.values(ABSENT_CALLS), ...Object.values(JUDGED_CALLS)].map((numbers) =>
        callNumber(numbers, machine),
      ),
    );
    const allowed = Array.from({ length: 463 }, (_, number) => number).filter((number) => !listed.has(number));
    for (const number of allowed) expect(on(number), `call ${number}`).toBe(ALLOW);
    expect(on(463)).toBe(errno(38));
    expect(on(0x40000000 + 39)).toBe(errno(38));
  });

  test("calls of another architecture end the process", () => {
    for (const foreign of [0x40000003, 0x40000028, 0xc00000f3, 0]) {
      expect(verdict(program, { architecture: foreign, number: 0 })).toBe(KILL);
    }
  });

  test("clone makes processes and threads, but no namespace", () => {
    expect(judged("clone", 0x3d0f00n)).toBe(ALLOW);
    expect(judged("clone", 0x1200011n)).toBe(ALLOW);
    for (const flag of [0x20000n, 0x2000000n, 0x4000000n, 0x8000000n, 0x10000000n, 0x20000000n, 0x40000000n]) {
      expect(judged("clone", flag | 17n), flag.toString(16)).toBe(errno(1));
      expect(judged("clone", flag | (0xffn << 40n)), flag.toString(16)).toBe(errno(1));
    }
  });

  test("sockets are of the families that the network namespace divides", () => {
    for (const family of [1n, 2n, 10n, 16n]) expect(judged("socket", family)).toBe(ALLOW);
    for (const family of [17n, 38n, 40n, 0n, 44n]) expect(judged("socket", family)).toBe(errno(97));
  });

  test("nothing is typed into a terminal, whatever the upper half of the request says", () => {
    for (const request of [0x5412n, 0x541cn, 0x1_0000_5412n]) expect(judged("ioctl", 0n, request)).toBe(errno(1));
    expect(judged("ioctl", 0n, 0x5413n)).toBe(ALLOW);
    expect(judged("ioctl", 0x5412n, 0x5401n)).toBe(ALLOW);
  });

  test("personalities that weaken a program are refused", () => {
    for (const persona of [0n, 8n, 0x20000n, 0xffffffffn]) expect(judged("personality", persona)).toBe(ALLOW);
    for (const persona of [0x40000n, 0x400000n]) expect(judged("personality", persona)).toBe(errno(1));
  });

  test("every process but PID 1 can be debugged", () => {
    expect(judged("ptrace", 16n, 7n)).toBe(ALLOW);
    expect(judged("ptrace", 0n, 0n)).toBe(ALLOW);
    expect(judged("ptrace", 16n, 1n)).toBe(errno(1));
    expect(judged("ptrace", 0x4206n, 0x1_0000_0001n)).toBe(errno(1));
  });
});
