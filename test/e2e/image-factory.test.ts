import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { newId } from "../../src/base/ids.ts";
import type { RunLog } from "../../src/contracts/types.ts";
import { openHome, type Home } from "../fixtures/command-line.ts";
import { FACTORY_DOORS, written } from "../fixtures/factory-doors.ts";
import { startSeededRegistry, type SeededRegistry } from "../fixtures/registry/seeded-registry.ts";

const LONG = 240_000;
const SERVER = `require("node:http").createServer((request, response) => {
  if (request.url === "/") response.end("Hello World");
  else response.writeHead(404).end("not here");
}).listen(3000, () => console.log("listening"));
`;

async function json(home: Home, args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await home.moorage([...args, "--json"]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout);
}

const textOf = ({ items }: RunLog): string => items.map((item) => ("data" in item ? item.data : "")).join("");

describe.each(FACTORY_DOORS)("by %s", { timeout: LONG }, (_door, openDoor) => {
  let registry: SeededRegistry;
  beforeAll(async () => {
    registry = await startSeededRegistry({ base: "python:3.11-slim" });
  }, LONG);
  afterAll(() => registry[Symbol.asyncDispose]());

  it("an agent works in a prebuilt image: pull, sandbox, execute, logs, refine, execute again, remove", async () => {
    await using door = await openDoor();
    const image = registry.reference;
    expect(await door.pull(image)).toMatchObject({ pulled: true });
    const code = { filename: "main.py", content: 'import six\nprint("six", six.__version__)\n' };

    const first = await door.create({ image });
    expect(await door.execute(first.id, code)).toMatchObject({ status: "failed", exitCode: 1, stdout: "" });
    expect(textOf(await door.logs(first.id))).toContain("ModuleNotFoundError: No module named 'six'");
    await door.remove(first.id);

    const refined = await door.create({ image, dependencies: ["six==1.16.0"] });
    expect(refined).toMatchObject({ network: "none", packageManager: "pip" });
    expect(await door.execute(refined.id, code)).toMatchObject({ exitCode: 0, stdout: "six 1.16.0\n" });
    expect(textOf(await door.logs(refined.id))).toBe("six 1.16.0\n");
    await door.remove(refined.id);
    await expect(door.logs(refined.id)).rejects.toThrow(/NOT_FOUND|You have no sandbox/);
  });

  it("an agent makes its own image: files, context, build, sandbox, execute, remove", async () => {
    await using door = await openDoor();
    const Dockerfile = "FROM python:3.11-slim\nRUN pip install --no-cache-dir six==1.16.0\nCOPY greet.py /opt/\n";
    const context = await door.stage({ Dockerfile, "greet.py": 'greeting = "made here"\n' });
    expect(context).toMatchObject({ files: 2, dockerfile: { text: Dockerfile, generatedFor: null } });
    const built = await door.build({ contextId: context.id }, `flow-${newId()}`);
    expect(built).toMatchObject({ status: "succeeded", steps: 4, failure: null });
    expect(built.warnings).toEqual([expect.stringMatching(/^What runs in the image is root/)]);
    expect(built.tag).toMatch(/^agent-env:flow-/);
    const { id } = await door.create({ image: built.tag });
    const content = 'import six, sys\nsys.path.append("/opt")\nimport greet\nprint(greet.greeting, six.__version__)\n';
    const run = await door.execute(id, { filename: "main.py", content });
    expect(run).toMatchObject({ exitCode: 0, stdout: "made here 1.16.0\n", imageDigest: built.digest });
    await door.remove(id);
    await door.removeImage(built.tag);
    await expect(door.create({ image: built.tag })).rejects.toThrow(/IMAGE_NOT_FOUND|was found neither here/);
    expect(await json(door.home, ["image", "ls"])).toMatchObject({ items: [] });
    expect(await json(door.home, ["image", "logs", built.buildId])).toMatchObject({
      text: expect.stringContaining("FROM python:3.11-slim") as string,
    });
    const receipt = await json(door.home, ["receipt", "get", built.receiptId ?? ""]);
    expect(receipt).toMatchObject({ operation: "image.build", tag: built.tag });
    expect(await json(door.home, ["receipt", "verify"])).toMatchObject({ ok: true });
  });

  it("helloworld: requirements and a program, a Dockerfile that is written for them, its output and its log", async () => {
    await using door = await openDoor();
    const files = { "requirements.txt": "six==1.16.0\n", "main.py": 'import six\nprint("Hello, World!")\n' };
    const context = await door.stage(files);
    expect(context.dockerfile).toMatchObject({ path: "Dockerfile", generatedFor: "python" });
    const { tag, warnings } = await door.build({ contextId: context.id }, `helloworld-${newId()}`);
    expect(warnings).toEqual([]);
    const { id } = await door.create({ image: tag });
    const content = 'import runpy\nrunpy.run_path("/app/main.py", run_name="__main__")\n';
    const run = await door.execute(id, { filename: "run.py", content });
    expect(run).toMatchObject({ exitCode: 0, stdout: "Hello, World!\n" });
    expect(textOf(await door.logs(id))).toBe("Hello, World!\n");
    await door.remove(id);
  });

  it("nodejs-helloworld: built from a path, port 3000 on 127.0.0.1, / is Hello World and all else 404", async () => {
    await using door = await openDoor();
    const path = await written(door.home, {
      "package.json": '{ "name": "web", "scripts": { "start": "node server.js" } }',
      "server.js": SERVER,
    });
    const { tag, warnings } = await door.build({ path }, `nodejs-${newId()}`);
    expect(warnings).toEqual([]);
    const { id, ports } = await door.create({ image: tag, serves: 3000 });
    expect(ports).toMatchObject([{ port: 3000, protocol: "tcp" }]);
    const base = `http://127.0.0.1:${ports[0]?.hostPort}`;
    const [root, other] = [await fetch(`${base}/`), await fetch(`${base}/other`)];
    expect([root.status, await root.text(), other.status]).toEqual([200, "Hello World", 404]);
    await door.remove(id);
    await expect(fetch(`${base}/`)).rejects.toThrow("fetch failed");
  });
});

describe("a build that fails", { timeout: LONG }, () => {
  it("is told by the command line what was wrong, with the line, and leaves no image", async () => {
    await using home = await openHome();
    const directory = join(home.root, "bad");
    await mkdir(directory);
    await writeFile(join(directory, "Dockerfile"), `FROM busybox:1\n# ${newId()}\nRUN echo trying; \\\n  exit 3\n`);
    const check = await home.moorage(["image", "build", directory, "--check"]);
    expect(check).toMatchObject({ code: 0, stdout: "" });
    await writeFile(join(directory, "Dockerfile"), "FROM quay.io/a/b:1\n");
    const refused = await home.moorage(["image", "build", directory]);
    expect(refused.code).toBe(1);
    expect(refused.stderr).toMatch(/^error: The Dockerfile must not be built: line 1, base-registry: /m);
    await writeFile(
      join(directory, "Dockerfile"),
      `FROM busybox:latest\n# ${newId()}\nRUN echo trying; \\\n  exit 3\n`,
    );
    const failed = await home.moorage(["image", "build", directory]);
    expect(failed.code).toBe(1);
    expect(failed.stderr).toMatch(
      /^error: Building agent-env:build-\S+ failed at line 3, "RUN echo trying; .*exit 3": /m,
    );
    const [, ref = ""] = /^hint: Read what it printed: `moorage image logs (\w+)`\.$/m.exec(failed.stderr) ?? [];
    expect((await home.moorage(["image", "logs", ref])).stdout).toMatch(/^trying$/m);
    expect(await json(home, ["image", "ls"])).toMatchObject({ items: [] });
    await json(home, ["image", "prune"]);
  });
});
