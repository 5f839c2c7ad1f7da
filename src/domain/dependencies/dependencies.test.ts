import { describe, expect, it } from "vitest";
import { dockerfileAlone } from "../../base/dockerfile-alone.ts";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";
import { MoorageError } from "../../base/errors.ts";
import { systemClock, type Clock } from "../../base/clock.ts";
import type { Engine, ImageStore } from "../../engine/engine.ts";
import { createPlatform } from "../domain.ts";
import { UNUSED_MS } from "./prune-dependencies.ts";
import { checkPackages, installDockerfile, managerOf, type PackageManagerName } from "./installers.ts";
import { unrestricted } from "../access/principal.ts";

/** A domain whose engine counts its builds. */
function openCounting() {
  const domain = openMemoryDomain();
  const { engine } = domain.context;
  const builds: Parameters<ImageStore["build"]>[0][] = [];
  const { images } = engine;
  if (images === undefined) throw new Error("The memory engine has images.");
  const counting: Engine = {
    ...engine,
    images: { ...images, build: (spec, options) => (builds.push(spec), images.build(spec, options)) },
  };
  const context = { ...domain.context, engine: counting };
  return { domain, builds, images, platform: createPlatform(context, unrestricted("alice")) };
}

describe("a sandbox with dependencies", () => {
  it("is made from an image that has them, which is built once", async () => {
    const { domain, builds, platform } = openCounting();
    await using _ = domain;
    const first = await platform.sandbox.create({ dependencies: ["six", "requests==2.32.0"] });
    expect(first).toMatchObject({ image: "python:3.11-slim", packageManager: "pip" });
    expect(first.dependencies).toEqual(["six", "requests==2.32.0"]);
    const second = await platform.sandbox.create({ dependencies: ["requests==2.32.0", "six", "six"] });
    expect(second.imageDigest).toBe(first.imageDigest);
    expect(builds).toHaveLength(1);
    const archive = await Array.fromAsync(builds[0]?.context(undefined) ?? []);
    expect(Buffer.concat(archive).toString()).toContain('"install","requests==2.32.0","six"]');
    expect(builds[0]?.network).toBe("open");
    const plain = await platform.sandbox.create({});
    expect(plain.imageDigest).not.toBe(first.imageDigest);
    expect(plain).toMatchObject({ dependencies: [], packageManager: null });
  });

  it("asked for several times at once is built once", async () => {
    const { domain, builds, platform } = openCounting();
    await using _ = domain;
    const made = await Promise.all([1, 2, 3].map(() => platform.sandbox.create({ dependencies: ["six"] })));
    expect(new Set(made.map(({ imageDigest }) => imageDigest)).size).toBe(1);
    expect(builds).toHaveLength(1);
  });

  it("is not made from an image that somebody else put under the tag", async () => {
    const { domain, builds, images, platform } = openCounting();
    await using _ = domain;
    const first = await platform.sandbox.create({ dependencies: ["six"] });
    const [row] = await domain.context.store.images.all();
    const tag = row?.reference ?? "";
    await images.build({ tag, context: dockerfileAlone("FROM busybox:latest\nRUN evil\n"), labels: {} }, {});
    const second = await platform.sandbox.create({ dependencies: ["six"] });
    expect(builds).toHaveLength(2);
    expect(second.imageDigest).toBe(first.imageDigest);
  });

  it("that cannot be installed says why in the installer's words, and leaves nothing", async () => {
    await using domain = openMemoryDomain();
    const log = [
      "Step 3/4 : RUN pip install nosuch",
      " ---> Running in 0123456789ab",
      "\u001b[91mERROR: Could not find a version that satisfies the requirement nosuch (from versions: none)",
      "ERROR: No matching distribution found for nosuch\u001b[0m",
      "The command '/bin/sh -c pip install nosuch' returned a non-zero code: 1",
    ];
    domain.control.failNext("images.build", new MoorageError("IMAGE_BUILD_FAILED", "failed", { details: { log } }));
    const attempt = domain.platform.sandbox.create({ dependencies: ["nosuch"] });
    await expect(attempt).rejects.toMatchObject({
      code: "DEPENDENCY_FAILED",
      message:
        "pip could not install nosuch: ERROR: Could not find a version that satisfies the requirement nosuch (from versions: none) ERROR: No matching distribution found for nosuch",
      hint: "Check the spelling and the version, and that this host reaches the packages' index; --json shows the end of the installer's log.",
    });
    expect((await domain.platform.sandbox.list({})).items).toEqual([]);
    expect(await domain.context.engine.list()).toEqual([]);
  });

  it("is refused where its build cannot have a network of its own", async () => {
    await using domain = openMemoryDomain();
    const refusal = new MoorageError("ENGINE_UNSUPPORTED", "no bridge", { hint: "Be root." });
    domain.control.failNext("images.build", refusal);
    await expect(domain.platform.sandbox.create({ dependencies: ["six"] })).rejects.toMatchObject({
      code: "ENGINE_UNSUPPORTED",
      message: "no bridge",
      hint: "Be root.",
    });
    expect((await domain.platform.sandbox.list({})).items).toEqual([]);
  });

  it("whose registry is out of reach says so", async () => {
    await using domain = openMemoryDomain();
    const log = ["WARNING: Retrying: Temporary failure in name resolution", "ERROR: No matching distribution found"];
    domain.control.failNext("images.build", new MoorageError("IMAGE_BUILD_FAILED", "failed", { details: { log } }));
    await expect(domain.platform.sandbox.create({ dependencies: ["six"] })).rejects.toMatchObject({
      code: "DEPENDENCY_FAILED",
      hint: "The build reaches the internet alone, but not the registry: check the engine's DNS. Mirrors and proxies in private ranges are closed to it.",
    });
  });

  it("leaves an image that is removed by cleanup when nothing was made from it for a week", async () => {
    let now = Date.parse("2026-01-01T00:00:00Z");
    const clock: Clock = { ...systemClock, now: () => now };
    await using domain = openMemoryDomain({ clock });
    const { sandbox, system } = domain.platform;
    const { id } = await sandbox.create({ dependencies: ["six"] });
    now += UNUSED_MS + 1;
    expect((await system.cleanup({})).removed).toEqual([]);
    await sandbox.remove({ id });
    const [row] = await domain.context.store.images.all();
    expect((await system.cleanup({})).removed).toEqual([{ kind: "image", id: row?.reference }]);
    expect(await domain.context.store.images.all()).toEqual([]);
    expect(await domain.context.engine.images?.find(row?.reference ?? "")).toBeUndefined();
  });

  it.each([
    ["-rsecrets", "expected a package's name"],
    ["a b", "expected a package's name"],
    ["six;id", "expected a package's name"],
    ["$(id)", "expected a package's name"],
  ])("refuses %j at the door", async (name, message) => {
    await using domain = openMemoryDomain();
    const attempt = domain.platform.sandbox.create({ dependencies: [name] });
    await expect(attempt).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: expect.stringContaining(message) as string,
    });
  });

  it("refuses a manager without packages", async () => {
    await using domain = openMemoryDomain();
    await expect(domain.platform.sandbox.create({ packageManager: "pip" })).rejects.toMatchObject({
      code: "INVALID_INPUT",
      message: 'packageManager is "pip", but there are no dependencies.',
    });
  });

  it("is ENGINE_UNSUPPORTED on an engine without images", async () => {
    await using domain = openMemoryDomain();
    const { images: _images, ...engine } = domain.context.engine;
    const platform = createPlatform({ ...domain.context, engine }, unrestricted("alice"));
    await expect(platform.sandbox.create({ dependencies: ["six"] })).rejects.toMatchObject({
      code: "ENGINE_UNSUPPORTED",
      message: "Dependencies are installed into an image, and this engine has none.",
      hint: "Use --engine docker, or copy what the program needs into the workspace.",
    });
  });
});

describe("package managers", () => {
  it.each<[string, PackageManagerName]>([
    ["python:3.11-slim", "pip"],
    ["registry.example/team/my-python", "pip"],
    ["node:20-alpine", "npm"],
    ["debian:bookworm-slim", "apt"],
    ["ubuntu@sha256:0123", "apt"],
  ])("of the image %s is %s", (image, manager) => {
    expect(managerOf(image, undefined)).toBe(manager);
    expect(managerOf(image, "apt")).toBe("apt");
  });

  it("of another image must be named", () => {
    expect(() => managerOf("python.example/tool:1", undefined)).toThrow(
      'What installs packages in the image "python.example/tool:1" cannot be told from its name.',
    );
  });

  it.each<[PackageManagerName, readonly string[]]>([
    ["pip", ["requests", "requests==2.32.0", "uvicorn[standard]>=0.30,<1", "a.b-c_d", "six~=1.16"]],
    ["npm", ["is-odd", "is-odd@3.0.1", "@scope/name@^2", "left-pad@latest"]],
    ["apt", ["jq", "jq=1.6-2.1", "g++", "libc6:amd64"]],
  ])("%s takes %j", (manager, packages) => {
    expect(() => checkPackages(manager, packages)).not.toThrow();
  });

  it.each<[PackageManagerName, string]>([
    ["pip", "./evil"],
    ["pip", "https://evil.example/x.whl"],
    ["pip", "six@https://evil.example/x"],
    ["pip", "git+https://evil.example/x"],
    ["npm", "user/repo"],
    ["npm", "file:../x"],
    ["npm", "x@npm:evil"],
    ["npm", "x@https://evil.example/x.tgz"],
    ["apt", "./evil.deb"],
    ["apt", "jq/unstable"],
    ["apt", "jq-"],
  ])("%s refuses %j", (manager, name) => {
    const refusal = new RegExp(`is no package for ${manager}; expected `);
    expect(() => checkPackages(manager, [name])).toThrow(refusal);
  });

  it("install as root, and give the image its own user back", () => {
    const lines = installDockerfile({ reference: "app@sha256:1", user: "app" }, "npm", ["is-odd"]).split("\n");
    expect(lines[0]).toBe("FROM app@sha256:1");
    expect(lines[1]).toBe("USER 0");
    expect(lines.at(-2)).toBe("USER app");
  });
});
