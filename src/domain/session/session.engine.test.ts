import { randomBytes } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { newId } from "../../base/ids.ts";
import type { Platform } from "../../contracts/platform.ts";
import type { SandboxExec } from "../../contracts/types.ts";
import { createProcessEngine } from "../../engine/process/process-engine.ts";
import { createUnitLabels } from "../../engine/unit-labels.ts";

const LONG = { timeout: 120_000 };

/** A domain on the process engine of this host; nothing of it stays. */
async function onProcesses(work: (platform: Platform) => Promise<void>): Promise<void> {
  const stateDirectory = await mkdtemp(join(tmpdir(), "moorage-sessions-"));
  try {
    await using engine = createProcessEngine({ stateDirectory, labels: createUnitLabels(newId(), randomBytes(32)) });
    await using domain = openMemoryDomain({ engine });
    try {
      await work(domain.platform);
    } finally {
      for (const { id } of await engine.list()) await engine.remove(id);
    }
  } finally {
    await rm(stateDirectory, { recursive: true });
  }
}

it("a session on the process engine keeps directory, environment and functions, apart from every other", LONG, () =>
  onProcesses(async ({ sandbox, session }) => {
    const { id } = await sandbox.create({});
    const line = (text: string, name = "work") =>
      resultOf(sandbox.exec({ id, session: name, shell: true, command: [text] }));
    expect(await line("mkdir -p 'a b'; cd 'a b'; export X='1 2'; Y=3; f() { echo \"f $Y $1\"; }")).toMatchObject({
      exitCode: 0,
    });
    expect(await line('pwd; sh -c \'echo "$X"\'; f "it\'s"; echo err >&2; (exit 9)')).toMatchObject({
      exitCode: 9,
      stdout: "/workspace/a b\n1 2\nf 3 it's\n",
      stderr: "err\n",
    });
    expect(await line('pwd; echo "<$X>"', "other")).toMatchObject({ stdout: "/workspace\n<>\n" });
    expect((await session.list({ id })).items.map(({ name }) => name).toSorted()).toEqual(["other", "work"]);
    const outside = await resultOf(sandbox.exec({ id, command: ["sh", "-c", 'pwd; echo "<$X>"'] }));
    expect(outside.stdout).toBe("/workspace\n<>\n");
  }),
);

it("a deadline on the process engine interrupts a session's command, and the session goes on", LONG, () =>
  onProcesses(async ({ sandbox }) => {
    const { id } = await sandbox.create({});
    const line = (text: string, timeoutMs = 60_000) =>
      resultOf(sandbox.exec({ id, session: "work", shell: true, command: [text], timeoutMs }));
    expect(await line("cd /tmp; KEPT=yes; echo on")).toMatchObject({ stdout: "on\n" });
    expect(await line("echo begun; sleep 600; echo later", 2000)).toMatchObject({
      status: "timed_out",
      exitCode: 124,
      stdout: "begun\n",
      warnings: [],
      reason: 'The deadline of 2 s was reached; the command was interrupted, and the session "work" goes on.',
    });
    expect(await line('echo "$(pwd) $KEPT"')).toMatchObject({ exitCode: 0, stdout: "/tmp yes\n" });
    expect(await line("trap '' INT; sh -c 'trap \"\" INT; while :; do sleep 1; done'", 2000)).toMatchObject({
      status: "timed_out",
      warnings: ['The session "work" ended with this command; what it kept is gone.'],
    });
    expect(await line('echo "$(pwd) <$KEPT>"')).toMatchObject({ exitCode: 0, stdout: "/workspace <>\n" });
  }),
);

it("a session on the process engine that is removed ends what runs in it, and the next begins anew", LONG, () =>
  onProcesses(async ({ sandbox, session, run }) => {
    const { id } = await sandbox.create({ name: "box" });
    const exec = (text: string, more: Partial<SandboxExec> = {}) =>
      resultOf(sandbox.exec({ id, session: "work", shell: true, command: [text], ...more }));
    await exec("KEPT=yes");
    const { runId } = await exec("sleep 600", { background: true });
    expect((await session.list({ id })).items).toMatchObject([{ name: "work", runId }]);
    await expect(exec("true")).rejects.toMatchObject({
      code: "CONFLICT",
      message: `The session "work" is busy with run "${runId}": one command at a time.`,
      hint: `Wait for it with \`moorage runs wait ${runId}\`, or use another session.`,
    });
    expect(await session.remove({ id, name: "work" })).toEqual({ name: "work", removed: true });
    expect(await run.wait({ runId, timeoutMs: 60_000 })).toMatchObject({ reason: "ended" });
    expect(await run.get({ runId })).toMatchObject({ status: "canceled" });
    expect((await session.list({ id })).items).toEqual([]);
    await expect(session.remove({ id: "box", name: "work" })).rejects.toMatchObject({
      code: "NOT_FOUND",
      message: 'The sandbox "box" has no session "work".',
      hint: "List them with `moorage session ls box`.",
    });
    expect(await exec('echo "<$KEPT>"')).toMatchObject({ stdout: "<>\n" });
  }),
);
