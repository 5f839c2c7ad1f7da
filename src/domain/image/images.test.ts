import { expect, it } from "vitest";
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
