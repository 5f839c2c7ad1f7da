import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { isMoorageError } from "../../../base/errors.ts";
import { newId } from "../../../base/ids.ts";
import type { UnitSpec } from "../../engine.ts";
import { failureOf, jobSpec, openDockerFixture, printed, unitSpec, type DockerFixture } from "../docker-fixture.ts";

const Named = z.array(z.object({ Names: z.array(z.string()) }));
const Volumes = z.object({ Volumes: z.array(z.object({ Name: z.string() })).nullish() });

let fixture: DockerFixture;
beforeAll(() => {
  fixture = openDockerFixture();
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

async function containers(): Promise<readonly string[]> {
  const all = await fixture.api.json({ method: "GET", path: "/containers/json", query: { all: "1" } }, Named);
  return all.flatMap((container) => container.Names);
}

async function volumes(): Promise<readonly string[]> {
  const all = await fixture.api.json({ method: "GET", path: "/volumes" }, Volumes);
  return (all.Volumes ?? []).map((volume) => volume.Name);
}

async function expectNothing(id: string): Promise<void> {
  expect(await containers()).not.toContain(`/moorage-${id}`);
  expect(await volumes()).not.toContain(`moorage-${id}`);
}

type Begin = (signal?: AbortSignal) => Promise<unknown>;

/** A sandbox and a job, not begun yet. */
function wanted(wish: Partial<UnitSpec> = {}): readonly (readonly [id: string, begin: Begin])[] {
  const sandbox = { ...unitSpec("sandbox"), ...wish };
  const job = { ...jobSpec(["sleep", "60"]), ...wish, kind: "job" as const, id: newId() };
  return [
    [sandbox.id, (signal) => fixture.engine.createSandbox(sandbox, signal)],
    [job.id, (signal) => fixture.engine.startJob(job, signal)],
  ];
}

describe("creating", () => {
  test("that is given up at any moment leaves nothing", { timeout: 120_000 }, async () => {
    let canceled = 0;
    for (let ms = 0; ms <= 240; ms += 20) {
      for (const [id, begin] of wanted()) {
        const error = await begin(AbortSignal.timeout(ms)).then(
          () => fixture.engine.remove(id),
          (reason: unknown) => reason,
        );
        expect([undefined, "CANCELED"]).toContain(isMoorageError(error) ? error.code : error);
        canceled += error === undefined ? 0 : 1;
        await expectNothing(id);
      }
    }
    expect(canceled).toBeGreaterThan(4);
  });

  test("from an image without a shell is START_FAILED, and leaves nothing", async () => {
    const image = await fixture.image("FROM scratch\nENV NOTHING=here\n");
    for (const [id, begin] of wanted({ image })) {
      const { code, message, hint } = await failureOf(begin());
      expect(code).toBe("START_FAILED");
      expect(message).toContain("/bin/sh");
      expect(hint).toContain("/bin/sh");
      await expectNothing(id);
    }
  });

  test("for a user that the image does not know is START_FAILED, and leaves nothing", async () => {
    const image = await fixture.image("FROM busybox:latest\nUSER stranger\n");
    const spec = { ...unitSpec("sandbox"), image };
    const { code, message } = await failureOf(fixture.engine.createSandbox(spec));
    expect(code).toBe("START_FAILED");
    expect(message).toContain("stranger");
    await expectNothing(spec.id);
  });

  test.each([
    ["USER 1000", "1000:0"],
    ["USER 1000:1001", "1000:1001"],
    ["USER www-data", "33:33"],
    ["USER nobody:www-data", "65534:33"],
  ])("in an image with %s, that user owns the workspace", async (instruction, owner) => {
    const image = await fixture.image(`FROM python:3.11-slim\n${instruction}\n`);
    for (const writableRoot of [true, false]) {
      const id = await fixture.sandbox({ image, writableRoot });
      const script = 'stat -c %u:%g . && touch x && touch "$HOME/y" /tmp/z && stat -c %u:%g x';
      const given = writableRoot ? `HOME=/tmp; ${script}` : script;
      expect(await fixture.shell(id, given)).toMatchObject({ err: "", out: `${owner}\n${owner}\n` });
      await fixture.engine.remove(id);
    }
  });

  test("the image's entrypoint and health check never run", async () => {
    const image = await fixture.image(
      'FROM busybox:latest\nENTRYPOINT ["/bin/false"]\nHEALTHCHECK --interval=1s CMD exit 1\n',
    );
    const { out } = await printed((await fixture.job(["echo", "mine"], { image })).run);
    expect(out).toBe("mine\n");
    const id = await fixture.sandbox({ image });
    expect((await fixture.shell(id, "echo mine")).out).toBe("mine\n");
  });

  test("volumes that an image declares go with the unit", async () => {
    const image = await fixture.image("FROM busybox:latest\nVOLUME /data\n");
    const before = new Set(await volumes());
    const id = await fixture.sandbox({ image });
    const made = (await volumes()).filter((name) => !before.has(name));
    expect(made.length).toBeGreaterThanOrEqual(2);
    await fixture.engine.remove(id);
    const mounted = (await fixture.shell(await fixture.sandbox(), "echo still works")).out;
    expect(mounted).toBe("still works\n");
    expect(await volumes()).not.toContain(`moorage-${id}`);
  });
});

describe("what is not ours", () => {
  test("a container with a unit's name and labels but no signature is absent, and is not touched", async () => {
    const id = newId();
    const name = `moorage-${id}`;
    const real = fixture.labels.sign({ id, kind: "sandbox" });
    const Labels = { ...real, "moorage.sig": "0".repeat(64) };
    const json = { Image: "busybox:latest", Cmd: ["sleep", "60"], Labels, HostConfig: { NetworkMode: "none" } };
    await fixture.api.send({ method: "POST", path: "/containers/create", query: { name }, json });
    await fixture.api.send({ method: "POST", path: `/containers/${name}/start` });
    try {
      expect(await fixture.engine.inspect(id)).toBeUndefined();
      expect((await fixture.engine.list()).map((unit) => unit.id)).not.toContain(id);
      expect((await failureOf(fixture.exec(id, ["true"]))).code).toBe("SANDBOX_NOT_RUNNING");
      expect((await failureOf(fixture.engine.files.list(id, "/workspace"))).code).toBe("NOT_FOUND");
      expect(await fixture.engine.lastOutput(id)).toEqual([]);
      await fixture.engine.remove(id);
      expect(await containers()).toContain(`/${name}`);
      expect((await failureOf(fixture.engine.createSandbox({ ...unitSpec("sandbox"), id }))).code).toBe("CONFLICT");
      expect(await containers()).toContain(`/${name}`);
    } finally {
      await fixture.api.send({ method: "DELETE", path: `/containers/${name}`, query: { force: "1" } });
    }
  });

  test("a real signature on another name is absent too", async () => {
    const id = await fixture.sandbox();
    const Labels = fixture.labels.sign({ id, kind: "sandbox" });
    const name = `copy-of-${id}`;
    const json = { Image: "busybox:latest", Labels, HostConfig: { NetworkMode: "none" } };
    await fixture.api.send({ method: "POST", path: "/containers/create", query: { name }, json });
    try {
      expect((await fixture.engine.list()).filter((unit) => unit.id === id)).toHaveLength(1);
      await fixture.engine.remove(id);
      expect(await containers()).toContain(`/${name}`);
      expect((await fixture.engine.list()).map((unit) => unit.id)).not.toContain(id);
    } finally {
      await fixture.api.send({ method: "DELETE", path: `/containers/${name}`, query: { force: "1" } });
    }
  });

  test("a volume of somebody else that has a unit's name stays", async () => {
    const id = newId();
    const path = `/volumes/moorage-${id}`;
    await fixture.api.send({ method: "POST", path: "/volumes/create", json: { Name: `moorage-${id}` } });
    try {
      await fixture.engine.remove(id);
      expect(await volumes()).toContain(`moorage-${id}`);
    } finally {
      await fixture.api.send({ method: "DELETE", path });
    }
  });
});

describe("what an interruption leaves", () => {
  test("a volume without its container counts as an exited unit, until it is removed", async () => {
    const id = await fixture.sandbox();
    await fixture.api.send({ method: "DELETE", path: `/containers/moorage-${id}`, query: { force: "1" } });
    const rest = { id, kind: "sandbox", state: "exited", startedAt: null };
    expect(await fixture.engine.inspect(id)).toMatchObject(rest);
    expect((await fixture.engine.list()).find((unit) => unit.id === id)).toMatchObject(rest);
    expect((await failureOf(fixture.exec(id, ["true"]))).code).toBe("SANDBOX_NOT_RUNNING");
    await fixture.engine.remove(id);
    await expectNothing(id);
    expect(await fixture.engine.inspect(id)).toBeUndefined();
  });

  test("removals at the same time all succeed", async () => {
    const id = await fixture.sandbox();
    await Promise.all([fixture.engine.remove(id), fixture.engine.remove(id), fixture.engine.remove(id)]);
    await expectNothing(id);
  });
});
