import { expect, test } from "vitest";
import { dockerfileAlone } from "../../base/dockerfile-alone.ts";
import { MoorageError } from "../../base/errors.ts";
import { newId } from "../../base/ids.ts";
import type { EngineRun, JobSpec, RunSpec, UnitSpec } from "../engine.ts";
import { createMemoryEngine, type MemoryEngine } from "./memory-engine.ts";

const MIB = 1024 * 1024;

function unit(kind: "sandbox" | "job"): UnitSpec {
  const limits = { memoryBytes: 64 * MIB, cpus: 1, pids: 16 };
  const rights = { writableRoot: false, capabilities: [], network: "none" } as const;
  return { id: newId(), kind, env: {}, workspace: { type: "volume" }, limits, ...rights };
}

const running = (...command: string[]): RunSpec => ({ command, env: {}, cwd: "/workspace" });

const job = (...command: string[]): JobSpec => ({
  ...unit("job"),
  ...{ command, cwd: "/workspace", deadlineMs: 30_000 },
});

async function sandbox({ engine }: MemoryEngine): Promise<string> {
  const spec = unit("sandbox");
  await engine.createSandbox(spec);
  return spec.id;
}

async function text(run: EngineRun): Promise<string> {
  let all = "";
  for await (const { data } of run.output) all += Buffer.from(data).toString();
  return all;
}

test("a method told to fail fails once for each time, does nothing, and works again", async () => {
  const { engine, control } = createMemoryEngine();
  const spec = unit("sandbox");
  control.failNext("createSandbox", new MoorageError("ENGINE_UNREACHABLE", "gone"));
  control.failNext("createSandbox", new MoorageError("ENGINE_TIMEOUT", "slow"));
  await expect(engine.createSandbox(spec)).rejects.toMatchObject({ code: "ENGINE_UNREACHABLE" });
  await expect(engine.createSandbox(spec)).rejects.toMatchObject({ code: "ENGINE_TIMEOUT" });
  expect(control.units()).toEqual([]);
  await engine.createSandbox(spec);
  expect(control.units()).toEqual([spec]);
});

test("every method that can be told to fail does", async () => {
  const { engine, control } = createMemoryEngine();
  const { id } = unit("sandbox");
  const empty = (async function* () {
    yield* await Promise.resolve([]);
  })();
  const { images } = engine;
  const calls = {
    info: () => engine.info(),
    startJob: () => engine.startJob(job("true")),
    exec: () => engine.exec(id, running("true")),
    endLost: () => engine.endLost(id, { handle: "handle" }),
    inspect: () => engine.inspect(id),
    list: () => engine.list(),
    lastOutput: () => engine.lastOutput(id),
    remove: () => engine.remove(id),
    "files.list": () => engine.files.list(id, "/workspace"),
    "files.stat": () => engine.files.stat(id, "/workspace"),
    "files.download": () => Array.fromAsync(engine.files.download(id, "/workspace")),
    "files.upload": () => engine.files.upload(id, { path: "/workspace", tar: empty }),
    "files.remove": () => engine.files.remove(id, "/workspace/x"),
    "images.ensure": () => images?.ensure("busybox:latest", {}),
    "images.pull": () => images?.pull("busybox:latest", {}),
    "images.push": () => images?.push("busybox:latest", {}),
    "images.tag": () => images?.tag("busybox:latest", "other:1"),
    "images.confirm": () => images?.confirm("busybox:latest", {}),
    "images.find": () => images?.find("busybox:latest"),
    "images.build": () => images?.build({ tag: "t", context: dockerfileAlone("FROM busybox:latest"), labels: {} }, {}),
  } as const;
  for (const method of Object.keys(calls) as (keyof typeof calls)[]) {
    control.failNext(method, new MoorageError("ENGINE_PERMISSION", method));
    await expect(Promise.resolve(calls[method]())).rejects.toMatchObject({ message: method });
  }
  expect(control.units()).toEqual([]);
});

test("a stopped sandbox is exited, its runs have ended, and nothing runs in it", async () => {
  const memory = createMemoryEngine();
  const id = await sandbox(memory);
  const run = await memory.engine.exec(id, running("stubborn", "60"));
  memory.control.stop(id);
  expect((await run.exit).exitCode).toBe(137);
  expect(await memory.engine.inspect(id)).toMatchObject({ state: "exited" });
  await expect(memory.engine.exec(id, running("true"))).rejects.toMatchObject({ code: "SANDBOX_NOT_RUNNING" });
});

test("a unit that vanished is absent", async () => {
  const memory = createMemoryEngine();
  const id = await sandbox(memory);
  memory.control.vanish(id);
  expect(await memory.engine.inspect(id)).toBeUndefined();
  expect(await memory.engine.list()).toEqual([]);
});

test("broken runs reject their exit with a MoorageError, and their output ends", async () => {
  const memory = createMemoryEngine();
  const id = await sandbox(memory);
  const run = await memory.engine.exec(id, running("sleep", "60", "begun"));
  memory.control.breakRuns(id);
  await expect(run.exit).rejects.toMatchObject({ code: "ENGINE_FAILED" });
  expect(await text(run)).toBe("begun");
});

test("programs of a test run beside the built-in ones, with files, input and environment", async () => {
  const memory = createMemoryEngine({
    programs: {
      python: async ({ argv, files, env, stdout }) => {
        const code = Buffer.from(await files.read(argv[1] ?? "")).toString();
        await files.write("result", code.toUpperCase());
        await stdout(`${env["WHO"]} ran ${code}`);
        return 3;
      },
    },
  });
  const id = await sandbox(memory);
  await text(await memory.engine.exec(id, running("write", "main.py", "code")));
  const run = await memory.engine.exec(id, { ...running("python", "main.py"), env: { WHO: "test" } });
  expect(await text(run)).toBe("test ran code");
  expect((await run.exit).exitCode).toBe(3);
  expect(await text(await memory.engine.exec(id, running("read", "/workspace/result")))).toBe("CODE");
});

test("a program that throws is the engine's failure, with the cause", async () => {
  const cause = new Error("a defect of the test's program");
  const memory = createMemoryEngine({ programs: { broken: () => Promise.reject(cause) } });
  const run = await memory.engine.exec(await sandbox(memory), running("broken"));
  await expect(run.exit).rejects.toMatchObject({ code: "ENGINE_FAILED", cause });
});

test("a program that goes on after its run was killed cannot do anything any more", async () => {
  const gate = Promise.withResolvers<void>();
  const tried = Promise.withResolvers<PromiseSettledResult<void>[]>();
  const memory = createMemoryEngine({
    programs: {
      zombie: async ({ files, stdout }) => {
        await gate.promise;
        tried.resolve(await Promise.allSettled([files.write("trace", "x"), stdout("x")]));
        return 0;
      },
    },
  });
  const id = await sandbox(memory);
  const run = await memory.engine.exec(id, running("zombie"));
  await run.kill();
  gate.resolve();
  expect((await tried.promise).map((result) => result.status)).toEqual(["rejected", "rejected"]);
  expect(await text(run)).toBe("");
  expect(await memory.engine.files.list(id, "/workspace")).toEqual([]);
});

test("an input that breaks is the run's failure", async () => {
  const memory = createMemoryEngine();
  const stdin = (async function* () {
    yield await Promise.resolve(Buffer.from("some"));
    throw new Error("the sender is gone");
  })();
  const run = await memory.engine.exec(await sandbox(memory), { ...running("cat"), stdin });
  await expect(run.exit).rejects.toMatchObject({ code: "ENGINE_FAILED" });
});

test("images come from the registry when they are missing, and from nowhere else", async () => {
  const { engine, control } = createMemoryEngine({ registry: ["alpine:3.20"] });
  const messages: string[] = [];
  expect(await engine.images?.find("alpine:3.20")).toBeUndefined();
  const pulled = await engine.images?.ensure("alpine:3.20", { onProgress: (message) => messages.push(message) });
  expect(messages).toEqual(["Pulling alpine:3.20"]);
  expect(await engine.images?.find("alpine:3.20")).toEqual(pulled);
  await expect(engine.images?.ensure("nobody/nothing:1", {})).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
  expect([...control.host.images.keys()]).toContain("python:3.11-slim");
});

test("times are those of the clock", async () => {
  const memory = createMemoryEngine({ clock: { now: () => 1_000, monotonic: () => 0 } });
  const spec = job("exit", "4");
  const run = await memory.engine.startJob(spec);
  await run.exit;
  expect(await memory.engine.inspect(spec.id)).toEqual({
    id: spec.id,
    kind: "job",
    state: "exited",
    exitCode: 4,
    oomKilled: false,
    createdAt: 1_000,
    startedAt: 1_000,
    finishedAt: 1_000,
  });
});
