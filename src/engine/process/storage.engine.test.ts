import { randomBytes } from "node:crypto";
import { cp, mkdir, mkdtemp, readFile, rename, rm, stat, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { newId } from "../../base/ids.ts";
import { collect } from "../conformance/collect.ts";
import { readTar, tarOf } from "../conformance/tar.ts";
import type { Engine } from "../engine.ts";
import { createUnitLabels } from "../unit-labels.ts";
import { createProcessEngine } from "./process-engine.ts";
import { openEngine } from "./testing/open-engine.ts";
import { jobSpec, runSpec, unitSpec } from "./testing/unit-specs.ts";

const MIB = 1024 * 1024;
const opened = openEngine();
const { engine, exec } = opened;
afterAll(() => opened[Symbol.asyncDispose]());

describe("a sandbox's workspace in memory", () => {
  const workspace = { type: "memory", sizeBytes: 8 * MIB } as const;

  test("is kept between runs and restarts, has its size, and is gone with the sandbox", async () => {
    const id = await opened.sandbox({ workspace });
    await exec(id, ["sh", "-c", "echo kept >file"]);
    await using again = opened.again();
    expect((await collect(await again.exec(id, runSpec(["cat", "file"])))).out).toBe("kept\n");
    const full = await exec(id, ["dd", "if=/dev/zero", "of=large", "bs=1M", "count=20"]);
    expect(full.err).toMatch(/No space left/);
    const upload = engine.files.upload(id, {
      path: "/workspace",
      tar: tarOf({ name: "more", content: Buffer.alloc(9 * MIB) }),
    });
    await expect(upload).rejects.toMatchObject({ code: "LIMIT_EXCEEDED" });
    expect((await engine.files.list(id, "/workspace")).map(({ name }) => name)).toContain("file");
    await engine.remove(id);
    expect(await readFile("/proc/self/mounts", "utf8")).not.toContain(id);
  });

  test("of a job is seen by its program alone", async () => {
    const job = await opened.job(["sh", "-c", "echo x >file && cat file"], { workspace });
    expect((await collect(job)).out).toBe("x\n");
    await expect(engine.files.list(job.id, "/workspace")).rejects.toMatchObject({ code: "ENGINE_UNSUPPORTED" });
  });
});

describe("removal", () => {
  test("takes trees that are deeper than a path can be long, and closed to their own user", async () => {
    const id = await opened.sandbox();
    const script = "d=0123456789012345678901234567890123456789; for i in $(seq 300); do mkdir $d && cd $d; done";
    await exec(id, ["sh", "-c", `${script}; cd /workspace; mkdir -p a/b; touch a/b/c; chmod 0 a/b a; mkfifo pipe`]);
    expect((await engine.files.list(id, "/workspace")).length).toBe(3);
    await engine.files.remove(id, "/workspace/a");
    expect((await engine.files.list(id, "/workspace")).length).toBe(2);
    await engine.remove(id);
    await expect(stat(join(opened.stateDirectory, id))).rejects.toMatchObject({ code: "ENOENT" });
  });

  test("of a unit that was half removed before is finished by the next list", async () => {
    const id = await opened.sandbox();
    const left = join(opened.stateDirectory, ".removed", id);
    await mkdir(join(opened.stateDirectory, ".removed"), { recursive: true });
    await rename(join(opened.stateDirectory, id), left);
    await engine.list();
    await expect(stat(left)).rejects.toMatchObject({ code: "ENOENT" });
  });
});

describe("units on disk", () => {
  test("are closed to others, workspace and all", async () => {
    const id = await opened.sandbox({ env: { TOKEN: "secret" } });
    const mode = async (...parts: string[]): Promise<number> =>
      (await stat(join(opened.stateDirectory, ...parts))).mode & 0o777;
    expect(await mode()).toBe(0o700);
    expect(await mode(id, "unit.json")).toBe(0o600);
  });

  test("that are copied to another id, or signed by nobody, are absent, and are not removed", async () => {
    const id = await opened.sandbox();
    const [copied, forged, broken] = [newId(), newId(), newId()];
    const place = (unit: string): string => join(opened.stateDirectory, unit);
    await cp(place(id), place(copied), { recursive: true });
    await cp(place(id), place(forged), { recursive: true });
    const record: unknown = JSON.parse(await readFile(join(place(id), "unit.json"), "utf8"));
    const labels = createUnitLabels(opened.labels.deployment, randomBytes(32)).sign({ id: forged, kind: "sandbox" });
    await writeFile(join(place(forged), "unit.json"), JSON.stringify({ ...Object(record), labels }));
    await mkdir(place(broken));
    await writeFile(join(place(broken), "unit.json"), "{");
    const listed = (await engine.list()).map((unit) => unit.id);
    expect(listed).toContain(id);
    for (const absent of [copied, forged, broken]) {
      expect(listed).not.toContain(absent);
      expect(await engine.inspect(absent)).toBeUndefined();
      await expect(engine.exec(absent, runSpec(["true"]))).rejects.toMatchObject({ code: "SANDBOX_NOT_RUNNING" });
      await engine.remove(absent);
      await stat(place(absent));
      await rm(place(absent), { recursive: true });
    }
  });

  test("an id that climbs is no id", async () => {
    await expect(engine.createSandbox(unitSpec({ id: "../escape" }))).rejects.toMatchObject({ code: "INVALID_INPUT" });
    expect(await engine.inspect("../escape")).toBeUndefined();
    await engine.remove("..");
    await stat(opened.stateDirectory);
  });
});

describe("workspaces of the host", () => {
  test("that are missing, files, or reached by a link are WORKSPACE_NOT_FOUND, and nothing is left", async () => {
    const directory = await mkdtemp(join(tmpdir(), "moorage-process-host-"));
    await writeFile(join(directory, "file"), "");
    await symlink("/etc", join(directory, "link"));
    for (const name of ["nowhere", "file", "link"]) {
      const spec = jobSpec(["true"], { workspace: { type: "host", path: join(directory, name) } });
      await expect(engine.startJob(spec), name).rejects.toMatchObject({ code: "WORKSPACE_NOT_FOUND" });
      expect(await engine.inspect(spec.id)).toBeUndefined();
    }
    await rm(directory, { recursive: true });
  });

  test("a link that takes the place of an allowed directory leads nowhere", async () => {
    const directory = await mkdtemp(join(tmpdir(), "moorage-process-host-"));
    const path = join(directory, "workspace");
    await mkdir(path);
    const id = await opened.sandbox({ workspace: { type: "host", path }, user: { uid: 1000, gid: 1000 } });
    await rm(path, { recursive: true });
    await symlink("/etc", path);
    await expect(engine.exec(id, runSpec(["ls"]))).rejects.toMatchObject({ code: "WORKSPACE_NOT_FOUND" });
    await expect(engine.files.list(id, "/workspace")).rejects.toMatchObject({ code: "WORKSPACE_NOT_FOUND" });
    await rm(directory, { recursive: true });
  });
});

describe("files", () => {
  test("a link is downloaded as what it leads to, under its own name", async () => {
    const id = await opened.sandbox();
    await exec(id, [
      "sh",
      "-c",
      "mkdir -p 'real/it s'; echo one >'real/it s/a'; ln -s /etc/passwd real/out; ln -s real link; ln -s real/it\\ s/a file",
    ]);
    const tree = await readTar(engine.files.download(id, "/workspace/link"));
    expect(tree.map(({ name }) => name.replace(/\/$/, "")).toSorted()).toEqual(
      ["link", "link/it s", "link/it s/a", "link/out"].toSorted(),
    );
    const [file] = await readTar(engine.files.download(id, "/workspace/file"));
    expect(file).toMatchObject({ name: "file", type: "file" });
    expect(file?.content.toString()).toBe("one\n");
  });

  test("of names that are not UTF-8 are listed, downloaded and removed with their directory", async () => {
    const id = await opened.sandbox();
    await exec(id, ["sh", "-c", "mkdir odd; touch \"odd/$(printf 'a\\377b')\""]);
    expect((await engine.files.list(id, "/workspace/odd")).map(({ name }) => name)).toEqual(["a\uFFFDb"]);
    expect((await readTar(engine.files.download(id, "/workspace/odd"))).length).toBe(2);
    await engine.files.remove(id, "/workspace/odd");
    expect(await engine.files.list(id, "/workspace")).toEqual([]);
  });

  test("an archive that is cut off is INVALID_INPUT, one with ./ before its names is fine", async () => {
    const id = await opened.sandbox();
    const dotted = tarOf({ name: "./", type: "directory" }, { name: "./a/./b", content: "dotted" });
    await engine.files.upload(id, { path: "/workspace", tar: dotted });
    expect((await exec(id, ["cat", "a/b"])).out).toBe("dotted");
    const cut = (async function* () {
      let bytes = 0;
      for await (const chunk of tarOf({ name: "c", content: Buffer.alloc(100_000) })) {
        yield chunk;
        bytes += chunk.length;
        if (bytes > 40_000) return;
      }
    })();
    await expect(engine.files.upload(id, { path: "/workspace", tar: cut })).rejects.toMatchObject({
      code: "INVALID_INPUT",
    });
  });

  test("what is no directory is neither listed nor unpacked into", async () => {
    const id = await opened.sandbox();
    await exec(id, ["touch", "file"]);
    const invalid = { code: "INVALID_INPUT" };
    await expect(engine.files.list(id, "/workspace/file")).rejects.toMatchObject(invalid);
    const into = engine.files.upload(id, { path: "/workspace/file", tar: tarOf({ name: "a", content: "x" }) });
    await expect(into).rejects.toMatchObject(invalid);
    const below = engine.files.upload(id, { path: "/workspace", tar: tarOf({ name: "file/a", content: "x" }) });
    await expect(below).rejects.toMatchObject(invalid);
  });

  test.each(["/", "/etc/passwd", "/workspace/../etc", "/workspace/", "workspace", "/workspaces"])(
    "the path %s is PATH_NOT_ALLOWED",
    async (path) => {
      const id = await opened.sandbox();
      await expect(engine.files.stat(id, path)).rejects.toMatchObject({ code: "PATH_NOT_ALLOWED" });
      await expect(engine.files.remove(id, path)).rejects.toMatchObject({ code: "PATH_NOT_ALLOWED" });
    },
  );

  test("a program that swaps a directory for a link all the time never gets a file of the host read", async () => {
    const id = await opened.sandbox();
    const script = "mkdir real; echo inside >real/passwd; while :; do ln -sfn real way; ln -sfn /etc way; done";
    const swapping = await engine.exec(id, runSpec(["sh", "-c", script]));
    const seen = new Set<string>();
    for (let turn = 0; turn < 40; turn += 1) {
      const read = readTar(engine.files.download(id, "/workspace/way/passwd"));
      seen.add(
        await read.then(
          ([file]) => file?.content.toString() ?? "",
          (error: unknown) => codeOf(error),
        ),
      );
    }
    await swapping.kill();
    for (const text of seen) expect(text === "inside\n" || /^[A-Z_]+$/.test(text), text).toBe(true);
  });
});

describe("what cannot be had", () => {
  test("a user who is root", async () => {
    const spec = unitSpec({ user: { uid: 0, gid: 0 } });
    await expect(engine.createSandbox(spec)).rejects.toMatchObject({ code: "ENGINE_UNSUPPORTED" });
  });

  test("more arguments than bubblewrap or the kernel takes", async () => {
    const id = await opened.sandbox();
    const many = Array.from({ length: 9_000 }, () => "x");
    await expect(exec(id, ["echo", ...many])).rejects.toMatchObject({ code: "INVALID_INPUT" });
    const large = Array.from({ length: 20 }, () => "x".repeat(100_000));
    await expect(exec(id, ["echo", ...large])).rejects.toMatchObject({ code: "INVALID_INPUT" });
    expect((await exec(id, ["sh", "-c", 'echo "$#"', "sh", ...many.slice(0, 8_000)])).out).toBe("8000\n");
  });

  test("an engine without bubblewrap says what to install", async () => {
    await using other: Engine = createProcessEngine({
      stateDirectory: opened.stateDirectory,
      labels: opened.labels,
      bwrapPath: "/nowhere/bwrap",
    });
    const error: unknown = await other.info().catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: "ENGINE_NOT_INSTALLED", details: { package: "bubblewrap" } });
    expect(error).toHaveProperty("hint", expect.stringContaining("bubblewrap"));
    expect(await other.diagnose()).toMatchObject([{ check: "engine.bubblewrap", status: "failed" }]);
  });

  test("a diagnosis finds every part in order", async () => {
    const checks = (await engine.diagnose()).map(({ check, status }) => `${check} ${status}`);
    expect(checks).toEqual([
      "engine.bubblewrap ok",
      "engine.user ok",
      "engine.namespaces ok",
      "engine.seccomp ok",
      "engine.cgroups ok",
    ]);
  });
});

function codeOf(error: unknown): string {
  return error instanceof Error && "code" in error ? String(error.code) : String(error);
}
