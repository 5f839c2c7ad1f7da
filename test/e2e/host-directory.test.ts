import { chown, lstat, mkdir, mkdtemp, readdir, readFile, realpath, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { Sandbox } from "../../src/contracts/types.ts";
import { openHome, type Home } from "../fixtures/command-line.ts";
import { resultOf } from "../fixtures/memory-domain.ts";
import { startServer, type RunningServer } from "../fixtures/running-server.ts";

const PATIENCE_MS = 60_000;
const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
/** Only root can have directories of somebody else's. */
const SOMEBODY = uid === 0 ? { uid: 4321, gid: 4322 } : { uid, gid };

describe.each(["docker", "process"] as const)("through the socket of a server on %s, a directory", (engine) => {
  let home: Home;
  let server: RunningServer;
  let root: string;

  beforeAll(async () => {
    home = await openHome();
    server = await startServer(home, { engine });
    root = await realpath(home.root);
  }, PATIENCE_MS);
  afterAll(async () => {
    await home[Symbol.asyncDispose]();
    await server[Symbol.asyncDispose]();
  }, PATIENCE_MS);

  const create = (workspace: string): Promise<Sandbox> =>
    server.sdk.sandbox.create({ workspace, ...(engine === "docker" ? { image: "busybox:latest" } : {}) });

  it.each([
    ["somebody's", SOMEBODY],
    ["its server's", { uid, gid }],
  ])("of %s is worked in, and its owner's again when the sandbox is gone", async (name, owner) => {
    const { sandbox, file } = server.sdk;
    const workspace = join(root, name);
    await mkdir(workspace);
    await writeFile(join(workspace, "given"), "from the host\n");
    for (const path of [workspace, join(workspace, "given")]) await chown(path, owner.uid, owner.gid);
    const { id, hostDirectory } = await create(workspace);
    const isLent = owner.uid === 0;
    const user = isLent ? { uid: 1000, gid: 1000 } : owner;
    expect(hostDirectory).toEqual({ path: workspace, user: `${user.uid}:${user.gid}`, lent: isLent });
    const command = ["sh", "-c", "cat given; mkdir deep; echo inside >deep/made; echo more >>given"];
    const done = { exitCode: 0, stdout: "from the host\n", stderr: "" };
    expect(await resultOf(sandbox.exec({ id, command }))).toMatchObject(done);
    await file.write({ id, path: "deep/written", content: "by us\n" });
    const text = (path: string): Promise<string> => readFile(join(workspace, path), "utf8");
    expect([await text("deep/made"), await text("given")]).toEqual(["inside\n", "from the host\nmore\n"]);
    const files = ["", "given", "deep", "deep/made", "deep/written"].map((path) => join(workspace, path));
    for (const path of files) expect((await lstat(path)).uid).toBe(user.uid);
    expect(await home.moorage(["sandbox", "rm", id])).toMatchObject({ code: 0 });
    for (const path of files) expect(await lstat(path)).toMatchObject(owner);
    expect(await text("deep/written")).toBe("by us\n");
  });

  it("outside of the allowed roots is refused, also behind a link, and nothing is made", async () => {
    const outside = await realpath(await mkdtemp(join(tmpdir(), "moorage-outside-")));
    try {
      const way = join(root, "way-out");
      await symlink(outside, way);
      const hint =
        "These are the server's roots: its own current directory and home, or its MOORAGE_WORKSPACE_ROOTS. " +
        "Use a directory below one of them, or start it again from there or with MOORAGE_WORKSPACE_ROOTS=DIR:DIR.";
      const is = `is not in an allowed root; allowed: ${root}.`;
      const refused = { code: "WORKSPACE_NOT_ALLOWED", hint };
      await expect(create(outside)).rejects.toMatchObject({ ...refused, message: `The workspace "${outside}" ${is}` });
      const message = `The workspace "${way}", which leads to "${outside}", ${is}`;
      await expect(create(way)).rejects.toMatchObject({ ...refused, message });
      const typed = await home.moorage(["sandbox", "create", "--json", "--workspace", way]);
      expect(typed.code).not.toBe(0);
      expect(JSON.parse(typed.stdout)).toMatchObject({ error: { ...refused, message } });
      expect((await server.sdk.sandbox.list({})).items).toEqual([]);
      expect(await readdir(outside)).toEqual([]);
    } finally {
      await rm(outside, { recursive: true });
    }
  });
});
