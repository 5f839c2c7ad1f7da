import { randomBytes } from "node:crypto";
import { chown, lstat, mkdir, mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { openDockerDomain } from "../../../test/fixtures/docker-domain.ts";
import { openMemoryDomain, resultOf } from "../../../test/fixtures/memory-domain.ts";
import { newId } from "../../base/ids.ts";
import type { Platform } from "../../contracts/platform.ts";
import { createProcessEngine } from "../../engine/process/process-engine.ts";
import { createUnitLabels } from "../../engine/unit-labels.ts";
import type { DomainContext } from "../context.ts";
import { createPlatform } from "../domain.ts";
import { JOB_USER } from "./ownership.ts";
import { unrestricted } from "../access/principal.ts";

const LONG = { timeout: 120_000 };
const ROOT = { uid: 0, gid: 0 };

type Place = { readonly base: string; readonly platform: Platform; readonly context: DomainContext };

/** Whole domains on the engines of this host, with one allowed root, as root has them. */
const WITH: Readonly<Record<"docker" | "process", (work: (place: Place) => Promise<void>) => Promise<void>>> = {
  docker: (work) =>
    inBase(async (base) => {
      await using domain = openDockerDomain();
      await work(placed(base, domain.context));
    }),
  process: (work) =>
    inBase(async (base) => {
      await mkdir(join(base, "state"));
      const labels = createUnitLabels(newId(), randomBytes(32));
      await using engine = createProcessEngine({ stateDirectory: join(base, "state"), labels });
      await using domain = openMemoryDomain({ engine });
      try {
        await work(placed(base, domain.context));
      } finally {
        for (const { id } of await engine.list()) await engine.remove(id);
      }
    }),
};

async function inBase(work: (base: string) => Promise<void>): Promise<void> {
  const base = await realpath(await mkdtemp(join(tmpdir(), "moorage-place-")));
  try {
    await work(base);
  } finally {
    await rm(base, { recursive: true });
  }
}

function placed(base: string, its: DomainContext): Place {
  const context = { ...its, policy: { ...its.policy, workspaceRoots: [base] }, hostUser: ROOT };
  return { base, context, platform: createPlatform(context, unrestricted("alice")) };
}

async function ownerOf(path: string): Promise<string> {
  const { uid, gid } = await lstat(path);
  return `${uid}:${gid}`;
}

async function directoryOf(owner: { readonly uid: number; readonly gid: number }, path: string): Promise<string> {
  await mkdir(path, { recursive: true });
  await chown(path, owner.uid, owner.gid);
  return path;
}

describe.each(["docker", "process"] as const)("a sandbox of the %s engine in a directory of the host", (engine) => {
  it("runs as the directory's owner, without a capability and without root", LONG, () =>
    WITH[engine](async ({ base, platform }) => {
      const { sandbox, file } = platform;
      const workspace = await directoryOf({ uid: 4321, gid: 4322 }, join(base, "work"));
      const { id, hostDirectory } = await sandbox.create({ workspace });
      expect(hostDirectory).toEqual({ path: workspace, user: "4321:4322", lent: false });
      const command = ["echo $(id -u):$(id -g) $(grep CapBnd /proc/self/status) > made"];
      expect(await resultOf(sandbox.exec({ id, command, shell: true }))).toMatchObject({ exitCode: 0, stderr: "" });
      const { content } = await file.read({ id, path: "made" });
      expect(content).toMatch(/^4321:4322 CapBnd: 0{16}\n$/);
      await file.write({ id, path: "by/us", content: "" });
      expect(await ownerOf(join(workspace, "made"))).toBe("4321:4322");
      expect(await ownerOf(join(workspace, "by/us"))).toBe("4321:4322");
      await expect(resultOf(sandbox.exec({ id, command: ["id"], user: "root" }))).rejects.toMatchObject({
        code: "INVALID_INPUT",
        message: `Sandbox "${id}" works in a directory of the host as 4321:4322; no run of it has another user (got "root").`,
        hint: "Leave --user out; packages come with --dependency, or from an image that has them.",
      });
      await sandbox.remove({ id });
      expect(await ownerOf(join(workspace, "made"))).toBe("4321:4322");
    }),
  );

  it("that belongs to root has it lent until it is removed, and root gets back what is root's", LONG, () =>
    WITH[engine](async ({ base, platform }) => {
      const { sandbox } = platform;
      const workspace = await directoryOf(ROOT, join(base, "work"));
      await writeFile(join(workspace, "given"), "");
      await writeFile(join(workspace, "theirs"), "");
      await chown(join(workspace, "theirs"), JOB_USER.uid, JOB_USER.gid);
      const { id, hostDirectory } = await sandbox.create({ workspace });
      expect(hostDirectory).toEqual({ path: workspace, user: "1000:1000", lent: true });
      const write = (name: string) => resultOf(sandbox.exec({ id, command: ["sh", "-c", `echo inside >> ${name}`] }));
      expect(await write("given")).toMatchObject({ exitCode: 0, stderr: "" });
      expect(await write("made")).toMatchObject({ exitCode: 0 });
      await sandbox.stop({ id });
      await writeFile(join(workspace, "later"), "by root, while it was stopped");
      await sandbox.start({ id });
      expect(await write("later")).toMatchObject({ exitCode: 0, stderr: "" });
      await sandbox.remove({ id });
      for (const name of ["", "given", "made", "later"]) expect(await ownerOf(join(workspace, name))).toBe("0:0");
      expect(await ownerOf(join(workspace, "theirs"))).toBe("1000:1000");
    }),
  );
});

describe.each(["docker", "process"] as const)(
  "what a program of the %s engine nests deep in root's directory",
  (engine) => {
    const nest = ["sh", "-c", "path=. ; i=0; while [ $i -lt 600 ]; do path=$path/d; i=$((i+1)); done; mkdir -p $path"];

    it("is given back with it, by a sandbox that is removed and by a job", LONG, () =>
      WITH[engine](async ({ base, platform }) => {
        const { sandbox, job } = platform;
        const deep = Array.from({ length: 600 }, () => "d").join("/");
        const workspace = await directoryOf(ROOT, join(base, "work"));
        const { id } = await sandbox.create({ workspace });
        expect(await resultOf(sandbox.exec({ id, command: nest }))).toMatchObject({ exitCode: 0, stderr: "" });
        expect(await ownerOf(join(workspace, deep))).toBe("1000:1000");
        await sandbox.remove({ id });
        expect(await ownerOf(join(workspace, deep))).toBe("0:0");

        const other = await directoryOf(ROOT, join(base, "other"));
        expect(await resultOf(job.run({ command: nest, workspace: other }))).toMatchObject({
          exitCode: 0,
          warnings: [],
        });
        expect(await ownerOf(join(other, deep))).toBe("0:0");
        expect(await ownerOf(other)).toBe("0:0");
      }),
    );
  },
);

it("root's directory is given back when the sandbox cannot be made, and by whoever sweeps up after a crash", LONG, () =>
  WITH.process(async ({ base, platform, context }) => {
    const { sandbox } = platform;
    const workspace = await directoryOf(ROOT, join(base, "work"));
    await expect(sandbox.create({ workspace, shareWorkspace: true })).rejects.toMatchObject({
      code: "WORKSPACE_NOT_ALLOWED",
      message: `The workspace "${workspace}" belongs to root, so it is lent to one sandbox alone and cannot be shared.`,
      hint: `Leave --share-workspace out, or give it to an ordinary user: chown -R 1000:1000 ${workspace}.`,
    });
    const refusing = {
      ...context,
      engine: { ...context.engine, createSandbox: () => Promise.reject(new Error("no")) },
    };
    const refused = createPlatform(refusing, unrestricted("alice"));
    await expect(refused.sandbox.create({ workspace })).rejects.toThrow("no");
    expect(await ownerOf(workspace)).toBe("0:0");
    const { id } = await sandbox.create({ workspace });
    expect(await ownerOf(workspace)).toBe("1000:0");
    // As a Moorage leaves it that is ended in the middle of a create.
    const dead = { state: "starting", holder: "dead" } as const;
    await context.store.sandboxes.transition(id, {}, dead);
    await platform.system.cleanup({});
    expect(await ownerOf(workspace)).toBe("0:0");
    const { id: next } = await sandbox.create({ workspace });
    await sandbox.remove({ id: next });
    expect(await ownerOf(workspace)).toBe("0:0");
  }),
);

it("root's directory is not lent by a Moorage that is not root", () =>
  WITH.process(async ({ base, context }) => {
    const workspace = await directoryOf(ROOT, join(base, "work"));
    const ordinary = { ...context, hostUser: { uid: 1000, gid: 1000 } };
    const { sandbox } = createPlatform(ordinary, unrestricted("alice"));
    await expect(sandbox.create({ workspace })).rejects.toMatchObject({
      code: "WORKSPACE_NOT_ALLOWED",
      message: `The workspace "${workspace}" belongs to root, and only a Moorage that runs as root can lend it to a sandbox.`,
      hint: `Use a directory that does not, or, as root, give it to an ordinary user: chown -R 1000:1000 ${workspace}.`,
    });
  }));

describe("a directory that is lent while its sandbox is removed", () => {
  /** The registry, in which something happens around the writing down of a loan. */
  function around(context: DomainContext, when: "before" | "after", work: () => Promise<unknown>): DomainContext {
    const { sandboxes } = context.store;
    const written = async <T>(change: object, write: () => Promise<T>): Promise<T> => {
      if (!("directory" in change)) return write();
      if (when === "before") await work();
      const answer = await write();
      if (when === "after") await work();
      return answer;
    };
    const update: typeof sandboxes.update = (id, change) => written(change, () => sandboxes.update(id, change));
    const transition: typeof sandboxes.transition = (id, from, change) =>
      written(change, () => sandboxes.transition(id, from, change));
    return { ...context, store: { ...context.store, sandboxes: { ...sandboxes, update, transition } } };
  }

  it.each(["before", "after"] as const)("%s the loan is written down is root's again", (when) =>
    inBase(async (base) => {
      await using domain = openMemoryDomain();
      const { context, platform } = placed(base, domain.context);
      const path = join(base, "work");
      await mkdir(path);
      await writeFile(join(path, "given"), "by root");
      const removed = around(context, when, () => platform.sandbox.remove({ id: "web" }));
      const creating = createPlatform(removed, unrestricted("alice"));
      await expect(creating.sandbox.create({ name: "web", workspace: path })).rejects.toMatchObject({
        code: "CONFLICT",
        message: 'The sandbox "web" was removed meanwhile.',
      });
      expect(await ownerOf(path)).toBe("0:0");
      expect(await ownerOf(join(path, "given"))).toBe("0:0");
      expect(await context.store.sandboxes.all()).toEqual([]);
    }),
  );
});
