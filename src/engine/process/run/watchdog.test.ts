import { expect, test } from "vitest";
import { treeOf, type ProcessStatus } from "../host/processes.ts";
import { overLimit, type Watched } from "./watchdog.ts";

function watched(unit: string, memoryBytes = 100, pids = 10): Watched {
  return { unit, root: 1, limits: { memoryBytes, pids, cpus: 1 }, end: () => undefined };
}

test("runs of a unit are judged together, and the one that uses most is ended", () => {
  const [small, large, other] = [watched("a"), watched("a"), watched("b")];
  const ending = overLimit([
    { run: small, bytes: 45, threads: 1 },
    { run: large, bytes: 60, threads: 1 },
    { run: other, bytes: 99, threads: 10 },
  ]);
  expect([...ending]).toEqual([[large, "memory"]]);
});

test("too many processes end a run too, for no memory", () => {
  const run = watched("a");
  expect([...overLimit([{ run, bytes: 1, threads: 11 }])]).toEqual([[run, "pids"]]);
  expect([...overLimit([{ run, bytes: 100, threads: 10 }])]).toEqual([]);
});

test("a tree is a process with all that descend from it", () => {
  const process = (pid: number, parent: number): ProcessStatus => ({
    pid,
    parent,
    threads: 1,
    startTicks: 0,
    residentPages: 0,
  });
  const processes = [process(9, 7), process(7, 5), process(5, 1), process(6, 1), process(8, 6), process(1, 0)];
  expect(treeOf(5, processes).map(({ pid }) => pid)).toEqual([5, 7, 9]);
  expect(treeOf(4, processes)).toEqual([]);
});
