import { expect, it } from "vitest";
import { openDockerDomain } from "../../../test/fixtures/docker-domain.ts";
import { resultOf } from "../../../test/fixtures/memory-domain.ts";
import { newId } from "../../base/ids.ts";
import { readStdout } from "../../engine/conformance/collect.ts";
import { cleanup } from "./cleanup.ts";

const image = "python:3.11-slim";
/** Nothing that looks into this sandbox by its shell hears an answer. */
const STUCK = "rm /bin/sh; ln -s /bin/cat /bin/sh; echo begun; while :; do sleep 1; done";

it("a lost run that cannot be ended alone takes its sandbox with it, which says so", { timeout: 120_000 }, async () => {
  await using domain = openDockerDomain();
  const { context, platform } = domain;
  const { engine, store } = context;
  const { id } = await platform.sandbox.create({ image });
  const before = await resultOf(platform.sandbox.exec({ id, command: ["true"] }));
  const run = await engine.exec(id, { env: {}, cwd: "/workspace", command: ["bash", "-c", STUCK] });
  await readStdout(run).until("begun");
  const row = await store.runs.find("alice", before.runId);
  if (row === undefined) throw new Error("The run has no row.");
  const runId = newId();
  const lost = { status: "running", exitCode: null, receiptId: null, holder: "gone", handle: run.handle } as const;
  await store.runs.insert({ ...row, ...lost, id: runId });

  const report = await cleanup(context);
  expect(report).toMatchObject({ ok: true, recovered: [{ runId, status: "interrupted" }] });
  const reason = "A run could not be ended by itself, so the sandbox was stopped.";
  expect(await engine.inspect(id)).toMatchObject({ state: "exited" });
  expect(await platform.sandbox.get({ id })).toMatchObject({ state: "stopped", pausedBy: "engine", reason });
  expect((await platform.run.get({ runId })).warnings).toContain(reason);
  await run.exit;
});
