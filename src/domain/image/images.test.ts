import { describe, expect, it } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import type { RegistryAuth } from "../../base/registry-auth.ts";
import { Secret } from "../../base/secret.ts";
import { openMemoryDomain } from "../../../test/fixtures/memory-domain.ts";

const HARBOUR = "harbour:1";

it("an image is there only when the engine has it; asking pulls nothing", async () => {
  await using domain = openMemoryDomain({}, { registry: [HARBOUR] });
  const { image } = domain.platform;
  const absent = { ok: false, reference: HARBOUR, digest: null, sizeBytes: null };
  expect(await image.exists({ reference: HARBOUR })).toEqual(absent);
  expect(await image.exists({ reference: HARBOUR })).toEqual(absent);
  const ensured = await image.ensure({ reference: HARBOUR });
  expect(ensured).toMatchObject({ ok: true, reference: HARBOUR, digest: expect.stringMatching(/^sha256:/) as string });
  expect(await image.exists({ reference: HARBOUR })).toEqual(ensured);
});

it("without a name it is the image of agents", async () => {
  await using domain = openMemoryDomain();
  expect(await domain.platform.image.ensure({})).toMatchObject({ ok: true, reference: "python:3.11-slim" });
});

it("an image that nobody has, or that has no name, is told", async () => {
  await using domain = openMemoryDomain();
  const { image } = domain.platform;
  await expect(image.ensure({ reference: "no/such:1" })).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
  await expect(image.exists({ reference: "" })).rejects.toMatchObject({
    code: "INVALID_INPUT",
    message: 'image.exists: reference: expected an image reference (got "").',
  });
  await expect(image.ensure({ workspace: "/etc" })).rejects.toMatchObject({ code: "WORKSPACE_NOT_ALLOWED" });
});

it.each(["agent-env:theirs", "docker.io/library/agent-env:theirs", "moorage-agent:1"])(
  "what only Moorage makes is asked of no registry, where it may be somebody else's: %s",
  async (reference) => {
    const forHost = () => Promise.reject(new Error("No registry is asked."));
    await using domain = openMemoryDomain({ credentials: { forHost } }, { registry: [reference] });
    const { image, sandbox } = domain.platform;
    for (const use of [
      () => image.ensure({ reference }),
      () => sandbox.create({ image: reference }),
      () => Array.fromAsync(image.pull({ reference })),
      () => Array.fromAsync(image.build({ files: { Dockerfile: `FROM ${reference}\n` } })),
    ]) {
      await expect(use()).rejects.toMatchObject({
        code: "IMAGE_NOT_FOUND",
        message: `The image ${reference} was found neither here nor in its registry.`,
      });
    }
  },
);

describe("a pull", () => {
  it("gets what the registry has, tells its layers, and says whether that was here", async () => {
    await using domain = openMemoryDomain({}, { registry: [HARBOUR] });
    const { image } = domain.platform;
    const events = await Array.fromAsync(image.pull({ reference: HARBOUR }));
    const result = events.at(-1);
    expect(events[0]).toMatchObject({ type: "layer", status: "done" });
    expect(result).toEqual({
      type: "result",
      result: {
        reference: HARBOUR,
        digest: expect.stringMatching(/^sha256:/) as string,
        imageId: expect.stringMatching(/^sha256:/) as string,
        sizeBytes: expect.any(Number) as number,
        pulled: true,
      },
    });
    const again = await Array.fromAsync(image.pull({ reference: HARBOUR }));
    expect(again.at(-1)).toMatchObject({ result: { pulled: false } });
  });

  it("shows the registry what there is for it, and nobody else", async () => {
    const asked: string[] = [];
    const forHost = (host: string): Promise<RegistryAuth | undefined> => {
      asked.push(host);
      return Promise.resolve({ host, username: "ann", password: new Secret("hunter2") });
    };
    const host = "registry.example:5000";
    const references = [`${host}/team/app:1`, `${host}/team/app:2`];
    const logins = { [host]: { ann: "hunter2" } };
    await using domain = openMemoryDomain({ credentials: { forHost } }, { registry: references, logins });
    const { image, sandbox } = domain.platform;
    const events = await Array.fromAsync(image.pull({ reference: `${host}/team/app:1` }));
    await image.ensure({ reference: `${host}/team/app:2` });
    expect(asked).toEqual([host, host]);
    await image.ensure({ reference: `${host}/team/app:2` });
    const { id } = await sandbox.create({ image: `${host}/team/app:1` });
    expect(asked).toHaveLength(2);
    expect(JSON.stringify([events, await sandbox.get({ id })])).not.toContain("hunter2");
  });

  it.each([
    [{ reference: "Upper/case" }, "INVALID_INPUT", /^"Upper\/case" is no image reference; expected /],
    [
      { reference: "a", platform: "arm64" },
      "INVALID_INPUT",
      /expected OS\/ARCHITECTURE\[\/VARIANT\], such as linux\/arm64/,
    ],
    [{ reference: "a", timeoutMs: 0 }, "INVALID_INPUT", /timeoutMs: expected at least 1 ms/],
    [{ reference: "no/such:1" }, "IMAGE_NOT_FOUND", /no\/such:1/],
    [{ reference: HARBOUR, platform: "linux/s390x" }, "IMAGE_NOT_FOUND", /harbour:1 for linux\/s390x/],
  ])("of %j is %s", async (input, code, message) => {
    await using domain = openMemoryDomain({}, { registry: [HARBOUR] });
    await expect(Array.fromAsync(domain.platform.image.pull(input))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message) as string,
    });
  });

  it("that takes too long is given up", async () => {
    const forHost = (_host: string, signal?: AbortSignal): Promise<never> =>
      new Promise((_resolve, reject) => {
        signal?.addEventListener("abort", () => reject(new MoorageError("CANCELED", "given up")));
      });
    await using domain = openMemoryDomain({ credentials: { forHost } }, { registry: [HARBOUR] });
    const pull = Array.fromAsync(domain.platform.image.pull({ reference: HARBOUR, timeoutMs: 20 }));
    await expect(pull).rejects.toMatchObject({
      code: "IMAGE_UNAVAILABLE",
      message: "harbour:1 was not pulled within 20 ms.",
      hint: "Give it more time with --timeout, or look whether its registry answers.",
    });
  });
});
