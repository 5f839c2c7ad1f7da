import { spawn } from "node:child_process";
import { once } from "node:events";

import { expect, test } from "vitest";

import { findLeaks, findTraces, isOurs } from "./leaks.ts";

const root = "/home/me/moorage";

test.for([
  ["bwrap --unshare-all -- sh", true],
  ["/usr/bin/bwrap --unshare-all", true],
  ["dockerd --host unix:///tmp/d.sock", true],
  [`/usr/bin/node ${root}/src/main/serve.ts`, true],
  ["node /usr/local/bin/moorage serve", true],
  [`node ${root}/node_modules/typescript/lib/tsserver.js`, false],
  ["node /home/me/other/server.js", false],
  [`vi ${root}/src/main/serve.ts`, false],
  ["bash", false],
] as const)("%s is ours: %s", ([command, expected]) => {
  expect(isOurs(command, root)).toBe(expected);
});

test("a process that was not there before is a leak until it is gone", async () => {
  const mine = { engine: undefined, root: `/moorage-leak-${process.pid}`, signal: AbortSignal.timeout(30_000) };
  const ofMine = (traces: Iterable<string>) => [...traces].filter((trace) => trace.includes(mine.root));
  const before = await findTraces(mine);

  const child = spawn(process.execPath, ["-e", "setInterval(() => {}, 1000)", `${mine.root}/server.ts`], {
    stdio: "ignore",
  });
  await once(child, "spawn");
  expect(ofMine(await findLeaks(before, mine, 0))).toEqual([expect.stringContaining(`process ${child.pid}: `)]);

  child.kill("SIGKILL");
  await once(child, "exit");
  expect(ofMine(await findTraces(mine))).toEqual([]);
});
