import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openDockerDomain, type DockerDomain } from "../../../../test/fixtures/docker-domain.ts";
import { putMultiPlatform } from "../../../../test/fixtures/registry/multi-platform.ts";
import { startRegistry } from "../../../../test/fixtures/registry/registry.ts";
import { newId } from "../../../base/ids.ts";
import type { ImageBuild } from "../../../contracts/types.ts";
import { failureOf } from "../../../engine/docker/docker-fixture.ts";

const LONG = 120_000;
const ARM = "linux/arm64";

let opened: AsyncDisposableStack;
let domain: DockerDomain;
let base: string;

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  const { host } = opened.use(await startRegistry());
  domain = opened.use(openDockerDomain());
  const { policy } = domain.context;
  const dockerfile = { ...policy.build.dockerfile, allowedRegistries: [host] };
  Object.assign(domain.context, { policy: { ...policy, build: { ...policy.build, dockerfile } } });
  const { reference } = await putMultiPlatform(host, [
    { os: "linux", architecture: "amd64" },
    { os: "linux", architecture: "arm64", variant: "v8" },
  ]);
  base = reference;
  opened.defer(() => domain.images.remove(base));
}, LONG);
afterEach(() => opened.disposeAsync());

async function build(wish: Partial<ImageBuild> = {}, lines: readonly string[] = [`ENV OWN=${newId()}`]) {
  const files = { Dockerfile: [`FROM ${base}`, ...lines, ""].join("\n") };
  const input: ImageBuild = { files, tag: newId(), network: "none", ...wish };
  const last = (await Array.fromAsync(domain.platform.image.build(input))).at(-1);
  if (last?.type !== "result") throw new Error("A build ends with its result.");
  return last.result;
}

async function architecture(reference: string): Promise<string> {
  const args = ["image", "inspect", "--format", "{{.Architecture}}", reference];
  return (await promisify(execFile)("docker", args)).stdout.trim();
}

describe("a build for another platform", { timeout: LONG }, () => {
  it("leaves the name of its base to the image that everybody knows by it", async () => {
    const { id } = await domain.images.pull(base, {});
    const { tag } = await build({ platform: ARM });
    expect(await architecture(tag)).toBe("arm64");
    expect(await domain.images.find(base)).toMatchObject({ id });
    expect(await architecture((await build()).tag)).toBe("amd64");
  });

  it("leaves its base without a name where nobody had it here", async () => {
    const { tag } = await build({ platform: ARM });
    expect(await architecture(tag)).toBe("arm64");
    expect(await domain.images.find(base)).toBeUndefined();
  });

  it("does so where it fails, and beside a build for a third one", async () => {
    const { id } = await domain.images.pull(base, {});
    const arm = build({ platform: ARM });
    const failing = failureOf(build({ platform: ARM }, ["COPY nothing /"]));
    const own = build({ platform: "linux/amd64" });
    expect((await failing).code).toBe("IMAGE_BUILD_FAILED");
    expect(await architecture((await arm).tag)).toBe("arm64");
    expect(await architecture((await own).tag)).toBe("amd64");
    expect(await domain.images.find(base)).toMatchObject({ id });
  });

  it("gives the name of its base back while its steps go on", async () => {
    const { id } = await domain.images.pull(base, {});
    const files = { Dockerfile: `FROM ${base}\nENV OWN=${newId()}\nENV MORE=1\nENV MOST=1\n` };
    const seen: (string | undefined)[] = [];
    for await (const event of domain.platform.image.build({ files, tag: newId(), network: "none", platform: ARM })) {
      if (event.type === "step" && event.step === 4) seen.push((await domain.images.find(base))?.id);
    }
    expect(seen).toEqual([id]);
  });

  it("may begin with an image of the caller's own that is for this one", async () => {
    const { tag } = await build({ platform: ARM });
    const Dockerfile = `FROM ${tag}\nENV MORE=1\n`;
    const next = await build({ files: { Dockerfile }, platform: ARM });
    expect(await architecture(next.tag)).toBe("arm64");
  });
});
