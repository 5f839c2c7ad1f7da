import { describe, expect, it } from "vitest";
import { sleep } from "../../base/deadline.ts";
import { openDockerDomain } from "../../../test/fixtures/docker-domain.ts";
import { resultOf } from "../../../test/fixtures/memory-domain.ts";

describe("a snapshot of a container", { timeout: 120_000 }, () => {
  it("is taken while runs go on, and one whose deadline passes meanwhile does not cost the sandbox", async () => {
    await using it = openDockerDomain();
    const { sandbox } = it.platform;
    const { id } = await sandbox.create({ image: "busybox:latest" });
    const fill = ["sh", "-c", "dd if=/dev/urandom of=large bs=1M count=40"];
    expect((await resultOf(sandbox.exec({ id, command: fill }))).exitCode).toBe(0);
    const count = "i=0; while [ $i -lt 30 ]; do i=$((i+1)); echo $i; sleep 0.1; done";
    const counting = resultOf(sandbox.exec({ id, command: ["sh", "-c", count] }));
    const overdue = [50, 100, 200, 400].map((timeoutMs) =>
      resultOf(sandbox.exec({ id, command: ["sleep", "60"], timeoutMs })),
    );
    const taken = await sandbox.snapshot({ id });
    expect(taken.sizeBytes).toBeGreaterThanOrEqual(40 * 1024 * 1024);
    for (const run of await Promise.all(overdue)) expect(run).toMatchObject({ exitCode: 124, timedOut: true });
    expect(await counting).toMatchObject({ exitCode: 0, stdout: expect.stringMatching(/^1\n.*\n30\n$/s) as string });
    expect(await sandbox.get({ id })).toMatchObject({ state: "running", reason: null });
  });

  it("is given up when its sandbox is removed meanwhile, or stopped on the engine, and leaves nothing", async () => {
    await using it = openDockerDomain();
    const { sandbox } = it.platform;
    for (const ending of ["remove", "stop"] as const) {
      for (const ms of [50, 150, 300]) {
        const { id } = await sandbox.create({ image: "busybox:latest" });
        const fill = ["sh", "-c", "dd if=/dev/urandom of=large bs=1M count=20"];
        expect((await resultOf(sandbox.exec({ id, command: fill }))).exitCode).toBe(0);
        const taking = sandbox.snapshot({ id });
        await sleep(ms);
        const ended = ending === "remove" ? sandbox.remove({ id }) : it.context.engine.stop(id, { graceMs: 0 });
        const [taken] = await Promise.allSettled([taking, ended]);
        const left = (await it.context.store.snapshots.all()).map(({ state }) => state);
        expect(left, `${ending} after ${ms} ms`).toEqual(taken.status === "fulfilled" ? ["ready"] : []);
        if (taken.status === "fulfilled") await it.platform.snapshot.remove({ id: taken.value.id });
        if (ending === "stop") await sandbox.remove({ id });
        expect(await it.context.store.sandboxes.all()).toEqual([]);
      }
    }
  });

  it("begins a fork whose environment is its own, and that outlives the other", async () => {
    await using it = openDockerDomain();
    const { sandbox, file, snapshot } = it.platform;
    const image = await it.ownImage("busybox", ["ENV OF_IMAGE=1"]);
    const { id } = await sandbox.create({ image, env: { SECRET: "told" }, labels: { team: "red" } });
    await resultOf(sandbox.exec({ id, command: ["sh", "-c", "echo tool > /etc/tool; echo text > kept"] }));
    const look = ["sh", "-c", "cat /etc/tool kept; echo $OF_IMAGE $SECRET"];
    const fork = await sandbox.fork({ id, name: "fork" });
    const { id: base } = await sandbox.snapshot({ id, name: "base" });
    await sandbox.remove({ id });
    expect((await resultOf(sandbox.exec({ id: "fork", command: look }))).stdout).toBe("tool\ntext\n1 told\n");
    const plain = await sandbox.create({ snapshot: "base" });
    expect((await resultOf(sandbox.exec({ id: plain.id, command: look }))).stdout).toBe("tool\ntext\n1\n");
    await sandbox.stop({ id: plain.id });
    expect(await file.read({ id: plain.id, path: "kept" })).toMatchObject({ content: "text\n" });
    for (const made of [plain.id, fork.id]) await sandbox.remove({ id: made });
    expect(await snapshot.remove({ id: base })).toEqual({ id: base, removed: true });
    expect(await it.context.store.snapshots.all()).toEqual([]);
  });
});
