import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { newId } from "../../src/base/ids.ts";
import type { Platform } from "../../src/contracts/platform.ts";
import type { Build, ImageBuild } from "../../src/contracts/types.ts";
import { openHome, type Home } from "../fixtures/command-line.ts";
import { resultOf } from "../fixtures/memory-domain.ts";
import { startServer } from "../fixtures/running-server.ts";

const LONG = 180_000;
const SERVER = `require("node:http").createServer((request, response) => {
  if (request.url === "/") response.end("Hello World");
  else response.writeHead(404).end("not here");
}).listen(3000, () => console.log("listening"));
`;

async function built(platform: Platform, input: ImageBuild): Promise<Build> {
  const last = (await Array.fromAsync(platform.image.build(input))).at(-1);
  if (last?.type !== "result") throw new Error(`Expected a result at the end, got ${last?.type ?? "nothing"}.`);
  return last.result;
}

async function json(home: Home, args: readonly string[]): Promise<unknown> {
  const { code, stdout, stderr } = await home.moorage([...args, "--json"]);
  expect({ code, stderr }).toMatchObject({ code: 0 });
  return JSON.parse(stdout.trimEnd().split("\n").at(-1) ?? "");
}

describe("an agent makes its image and works in it", { timeout: LONG }, () => {
  it("by the client library: files, an image with what they need, a sandbox, a run, its log, and nothing left", async () => {
    await using home = await openHome();
    await using server = await startServer(home);
    const { sdk } = server;
    const files = {
      "requirements.txt": "six==1.16.0\n",
      "main.py": 'import six\nprint("Hello, World!", six.__version__)\n',
    };
    const context = await sdk.context.create({ files });
    expect(context.dockerfile).toMatchObject({ path: "Dockerfile", generatedFor: "python" });
    const { tag, buildId, receiptId } = await built(sdk, { contextId: context.id, tag: `test-${newId()}` });
    const { id } = await sdk.sandbox.create({ image: tag });
    const run = await resultOf(sdk.sandbox.exec({ id, command: ["python", "/app/main.py"] }));
    expect(run).toMatchObject({ exitCode: 0, stdout: "Hello, World! 1.16.0\n" });
    const log = (await sdk.sandbox.logs({ id })).items.map((item) => ("data" in item ? item.data : ""));
    expect(log.join("")).toBe("Hello, World! 1.16.0\n");
    expect((await sdk.image.logs({ ref: buildId })).text).toContain("FROM python:3.11-slim");
    expect(await sdk.receipt.get({ receiptId: receiptId ?? "" })).toMatchObject({ operation: "image.build", tag });
    await sdk.sandbox.remove({ id });
    await sdk.image.remove({ reference: tag });
    await sdk.image.prune({});
    await sdk.context.remove({ id: context.id });
    expect((await sdk.image.list({})).items).toEqual([]);
    expect(await sdk.receipt.verify({})).toMatchObject({ ok: true });
  });

  it("by the command line: a directory, a web server as the image's own command, its answers on loopback", async () => {
    await using home = await openHome();
    const directory = join(home.root, "web");
    await mkdir(directory);
    await writeFile(join(directory, "package.json"), '{ "name": "web", "scripts": { "start": "node server.js" } }');
    await writeFile(join(directory, "server.js"), SERVER);
    const tag = `agent-env:test-${newId()}`;
    const build = await home.moorage(["image", "build", directory, "--tag", tag]);
    expect(build).toMatchObject({ code: 0, stdout: `${tag}\n` });
    expect(build.stderr).toMatch(/^Step 1\/\d+ \(line \d+\): FROM node:20-alpine$/m);
    const create = [
      "sandbox",
      "create",
      "--image",
      tag,
      "--use-image-command",
      "-p",
      "3000",
      "--ready",
      "log:listening",
    ];
    const { id, ports } = (await json(home, create)) as { id: string; ports: { hostPort: number }[] };
    const base = `http://127.0.0.1:${ports[0]?.hostPort}`;
    const answers = await Promise.all(["/", "/other"].map((path) => fetch(base + path)));
    expect(answers.map(({ status }) => status)).toEqual([200, 404]);
    expect(await answers[0]?.text()).toBe("Hello World");
    await json(home, ["sandbox", "rm", id]);
    expect(await json(home, ["image", "ls", "--filter", "agent-env"])).toMatchObject({ items: [{ reference: tag }] });
    await json(home, ["image", "rm", tag]);
    await json(home, ["image", "prune"]);
  });

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
