import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { pipeline } from "node:stream/promises";
import { promisify } from "node:util";
import { afterEach, describe, expect, it } from "vitest";
import { newId } from "../../../../base/ids.ts";
import type { ContextSource } from "../../../../contracts/types.ts";
import { openMemoryDomain } from "../../../../../test/fixtures/memory-domain.ts";
import { openBuildContext } from "../open-build-context.ts";
import { unrestricted } from "../../../access/principal.ts";

const LONG = { timeout: 300_000 };

const run = promisify(execFile);
const docker = async (...args: readonly string[]): Promise<string> => (await run("docker", args)).stdout.trim();
const tags: string[] = [];

afterEach(async () => {
  for (const tag of tags.splice(0)) await docker("rmi", "-f", tag);
});

/** Builds what a context is with the engine's classic builder; answers the image's tag. */
async function built(files: NonNullable<ContextSource["files"]>): Promise<string> {
  await using domain = openMemoryDomain();
  const call = { context: domain.context, principal: unrestricted("alice"), signal: undefined };
  await using context = await openBuildContext(call, { files });
  const tag = `moorage-test/generated:${newId()}`;
  const env = { ...process.env, DOCKER_BUILDKIT: "0" };
  const child = spawn("docker", ["build", "-t", tag, "-f", context.dockerfile.path, "-"], { env });
  let said = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (said += chunk.toString()));
  await pipeline(context.tar(), child.stdin);
  const [code] = (await once(child, "close")) as [number];
  expect(code, said).toBe(0);
  tags.push(tag);
  return tag;
}

describe("a Dockerfile that was written", () => {
  it("for requirements has them, and runs main.py as nobody who can do harm", LONG, async () => {
    const tag = await built({
      "requirements.txt": "six==1.17.0\n",
      "main.py": "import os, six\nopen('written', 'w').close()\nprint(six.__version__, os.getuid(), os.getcwd())\n",
    });
    expect(await docker("run", "--rm", tag)).toBe("1.17.0 10001 /app");
  });

  it("for a pyproject installs what it names, and runs the program of a Procfile", LONG, async () => {
    const tag = await built({
      "pyproject.toml": '[project]\nname = "app"\nversion = "1"\ndependencies = ["six==1.17.0"]\n',
      Procfile: "web: python -c 'import six; print(six.__version__)'\n",
    });
    expect(await docker("run", "--rm", tag)).toBe("1.17.0");
  });

  it("for a package with a lock has what that says, and starts as the package says", LONG, async () => {
    const manifest = {
      name: "app",
      version: "1.0.0",
      scripts: { start: "node src/it.js" },
      dependencies: { "is-odd": "3.0.1" },
    };
    const resolved = (name: string, version: string) => `https://registry.npmjs.org/${name}/-/${name}-${version}.tgz`;
    const lock = {
      ...{ name: "app", version: "1.0.0", lockfileVersion: 3, requires: true },
      packages: {
        "": { name: "app", version: "1.0.0", dependencies: { "is-odd": "3.0.1" } },
        "node_modules/is-odd": {
          ...{ version: "3.0.1", resolved: resolved("is-odd", "3.0.1"), dependencies: { "is-number": "^6.0.0" } },
        },
        "node_modules/is-number": { version: "6.0.0", resolved: resolved("is-number", "6.0.0") },
      },
    };
    const tag = await built({
      "package.json": JSON.stringify(manifest),
      "package-lock.json": JSON.stringify(lock),
      "src/it.js": "console.log(require('is-odd')(3), process.getuid(), process.env.NODE_ENV)\n",
    });
    expect(await docker("run", "--rm", tag)).toBe("true 10001 production");
  });

  it("for a package without a lock installs and builds it", LONG, async () => {
    const manifest = { scripts: { build: "node build.js" }, main: "out.js", dependencies: { "is-number": "7.0.0" } };
    const tag = await built({
      "package.json": JSON.stringify({ name: "app", ...manifest }),
      "build.js": "require('fs').writeFileSync('out.js', \"console.log(require('is-number')(5))\")\n",
    });
    expect(await docker("run", "--rm", tag)).toBe("true");
  });

  it("for a static site serves it", LONG, async () => {
    const base = "busybox:1.36";
    const missing = (await docker("images", "-q", base)) === "";
    if (missing) await docker("tag", "busybox:latest", base);
    try {
      const tag = await built({ "index.html": "<h1>It is served</h1>", "sub/a.txt": "inner" });
      const id = await docker("run", "-d", tag);
      try {
        const script =
          "until wget -qO- http://127.0.0.1:8080/sub/a.txt; do sleep 0.1; done; wget -qO- http://127.0.0.1:8080/; ls /site";
        expect(await docker("exec", id, "busybox", "sh", "-c", script)).toBe(
          "inner<h1>It is served</h1>index.html\nsub",
        );
      } finally {
        await docker("rm", "-f", id);
      }
    } finally {
      if (missing) await docker("rmi", base);
    }
  });
});
