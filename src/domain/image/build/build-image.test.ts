import { newId } from "../../../base/ids.ts";
import { describe, expect, it } from "vitest";
import { dockerfileAlone } from "../../../base/dockerfile-alone.ts";
import { MoorageError } from "../../../base/errors.ts";
import { openMemoryDomain, resultOf } from "../../../../test/fixtures/memory-domain.ts";
import { failureOf } from "../../../engine/docker/docker-fixture.ts";
import type { Build, BuildEvent, ImageBuild } from "../../../contracts/types.ts";
import type { Platform } from "../../../contracts/platform.ts";

const DOCKERFILE = 'FROM busybox:latest\n\n# said twice\nENV WORD="built"\nRUN true\n';

const files = (dockerfile = DOCKERFILE): Pick<ImageBuild, "files"> => ({ files: { Dockerfile: dockerfile } });

async function built(platform: Platform, input: ImageBuild): Promise<Build> {
  const last = (await Array.fromAsync(platform.image.build(input))).at(-1);
  if (last?.type !== "result") throw new Error(`Expected a result at the end, got ${last?.type ?? "nothing"}.`);
  return last.result;
}

const ended = (events: AsyncIterable<BuildEvent>) => failureOf(Array.fromAsync(events));

describe("a build", () => {
  it("tells its steps with their lines, and ends with an image that can be used", async () => {
    await using domain = openMemoryDomain();
    const { image, job } = domain.platform;
    const events = await Array.fromAsync(image.build({ ...files(), tag: "word", labels: { "org.example.a": "b" } }));
    expect(events.map(({ type }) => type)).toEqual(["checked", "started", "step", "step", "step", "warning", "result"]);
    expect(events.slice(2, -2)).toMatchObject([
      { step: 1, steps: 3, line: 1, instruction: "FROM busybox:latest" },
      { step: 2, steps: 3, line: 4, instruction: 'ENV WORD="built"' },
      { step: 3, steps: 3, line: 5, instruction: "RUN true" },
    ]);
    const last = events.at(-1);
    const result = last?.type === "result" ? last.result : undefined;
    expect(result).toMatchObject({
      status: "succeeded",
      tag: "agent-env:word",
      steps: 3,
      cachedSteps: 0,
      network: "open",
      limits: { memoryBytes: 2 * 1024 ** 3, cpus: 2, pids: 1024, timeoutMs: 900_000 },
      warnings: [
        expect.stringMatching(/^line 1, latest-tag: /),
        "What runs in the image is root, since neither its last stage nor its base names a USER; `USER 10001` names another.",
      ],
      failure: null,
    });
    const run = await resultOf(job.run({ image: "agent-env:word", command: ["env", "WORD"] }));
    expect(run.imageDigest).toBe(result?.digest);
    expect((await image.list({})).items).toMatchObject([
      { reference: "agent-env:word", kind: "built", missing: false },
    ]);
  });

  it("is called by its task and its time where nothing else is named", async () => {
    await using domain = openMemoryDomain();
    const { tag, createdAt } = await built(domain.platform, { ...files(), task: "report" });
    expect(tag).toBe(`agent-env:report-${createdAt.replaceAll(/[-:.]/g, "")}`);
    expect((await built(domain.platform, files())).tag).toMatch(/^agent-env:build-\d{8}T\d{9}Z$/);
  });

  it("leaves a receipt that is verified with all others, and its log", async () => {
    await using domain = openMemoryDomain();
    const { image, receipt } = domain.platform;
    const { buildId, receiptId, imageId, tag } = await built(domain.platform, files());
    expect(await receipt.get({ receiptId: receiptId ?? "" })).toMatchObject({
      operation: "image.build",
      owner: "alice",
      ...{ buildId, tag, imageId },
      status: "succeeded",
      dockerfileHash: expect.stringMatching(/^sha256:/) as unknown,
      contextHash: expect.stringMatching(/^sha256:/) as unknown,
    });
    expect(await receipt.verify({})).toMatchObject({ ok: true, count: 1 });
    const whole = await image.logs({ ref: buildId });
    expect(whole).toMatchObject({ status: "succeeded", complete: true });
    expect(whole.text.split("\n")[0]).toBe("Step 1/3 : FROM busybox:latest");
    expect(await image.logs({ ref: tag, tail: 1 })).toMatchObject({ text: "Step 3/3 : RUN true\n" });
  });

  it("gets its base again where the registry did not answer, and tells so; no other failure is tried again", async () => {
    await using domain = openMemoryDomain({}, { registry: ["node:20-alpine"] });
    const { control, platform } = domain;
    const busy = new MoorageError("IMAGE_UNAVAILABLE", "The registry is busy.");
    const input = files("FROM node:20-alpine\n");
    control.failNext("images.ensure", busy);
    const events = await Array.fromAsync(platform.image.build(input));
    expect(events).toContainEqual({ type: "retry", reason: "The registry is busy.", pauseMs: 1000 });
    expect(events.at(-1)?.type).toBe("result");
    control.failNext("images.ensure", new MoorageError("REGISTRY_DENIED", "Not you."));
    const other = files("FROM busybox:1.35\nRUN true\n");
    expect((await ended(platform.image.build(other))).code).toBe("REGISTRY_DENIED");
  });

  it("of a stage that there is not is refused before it begins, with those that there are", async () => {
    await using domain = openMemoryDomain();
    const { image } = domain.platform;
    const text = "FROM busybox:latest AS Base\nFROM base AS app\n";
    const failure = await ended(image.build({ ...files(text), target: "nope" }));
    expect(failure).toMatchObject({
      code: "INVALID_INPUT",
      message: 'The Dockerfile has no stage "nope"; it has base, app.',
    });
    expect((await image.builds({})).items).toEqual([]);
    // The memory engine builds no stages: the domain lets it come that far.
    expect((await ended(image.build({ ...files(text), target: "BASE" }))).code).toBe("IMAGE_BUILD_FAILED");
  });

  it("waits where as many are at work as may, tells its place, and can be canceled", async () => {
    await using domain = openMemoryDomain();
    const { context, platform } = domain;
    const { turns } = context.policy.build;
    Object.assign(turns, { maxAtOnce: 1, maxAtOncePerOwner: 1 });
    const held = context.buildTurns.enter("bob", turns);
    const canceled = new AbortController();
    const given: string[] = [];
    const failure = failureOf(
      (async () => {
        for await (const event of platform.image.build(files(), { signal: canceled.signal })) {
          given.push(event.type);
          if (event.type === "waiting") canceled.abort();
        }
      })(),
    );
    expect((await failure).code).toBe("CANCELED");
    expect(given).toEqual(["checked", "waiting"]);
    const events: BuildEvent[] = [];
    for await (const event of platform.image.build(files())) {
      events.push(event);
      if (event.type === "waiting") held[Symbol.dispose]();
    }
    expect(events.map(({ type }) => type).slice(0, 3)).toEqual(["checked", "waiting", "started"]);
    expect(events[1]).toEqual({ type: "waiting", place: 1 });
    expect((await built(platform, files())).status).toBe("succeeded");
  });

  it("is refused where its Dockerfile has an error by the rules, before anything is made", async () => {
    await using domain = openMemoryDomain();
    const { image } = domain.platform;
    const events: BuildEvent[] = [];
    const follow = async (): Promise<void> => {
      const text = "FROM busybox:latest\nENV API_TOKEN=abcdef0123456789\nRUN --privileged true\n";
      for await (const event of image.build({ ...files(text), tag: "bad" })) events.push(event);
    };
    const failure = await failureOf(follow());
    expect(failure.code).toBe("IMAGE_BUILD_REFUSED");
    expect(failure.message).toMatch(/^The Dockerfile must not be built: line 2, secret-in-env: .* \(and \d more\)$/);
    expect(failure.message).not.toContain("abcdef0123456789");
    expect(events).toMatchObject([{ type: "checked", checked: { ok: false, mode: "enforce" } }]);
    expect((await image.builds({})).items).toEqual([]);
  });

  it("that is only to be checked is judged, and nothing is made", async () => {
    await using domain = openMemoryDomain();
    const { image } = domain.platform;
    const events = await Array.fromAsync(image.build({ ...files(), check: true }));
    expect(events).toMatchObject([
      {
        type: "checked",
        checked: { ok: true, findings: [{ rule: "latest-tag", severity: "warning" }] },
        dockerfile: { text: DOCKERFILE },
      },
    ]);
    expect((await image.builds({})).items).toEqual([]);
  });

  it.each([
    ["FROM busybox:latest\nUSER 10001\n", false],
    ["FROM busybox:latest\nUSER root\n", false],
    ["FROM busybox:latest\nUSER 10001\nFROM busybox:latest\n", true],
    ["FROM agent-env:base\n", false],
  ])("tells that its image runs as root where nobody names a user: %j", async (text, told) => {
    await using domain = openMemoryDomain();
    await built(domain.platform, { ...files("FROM busybox:latest\nUSER 10001\n"), tag: "base" });
    const events = await Array.fromAsync(domain.platform.image.build(files(text)));
    const warnings = events.filter((event) => event.type === "warning").map(({ message }) => message);
    expect(warnings.some((message) => message.startsWith("What runs in the image is root"))).toBe(told);
  });

  it("with a patch set is refused by name: that is kept for later", async () => {
    await using domain = openMemoryDomain();
    const { image } = domain.platform;
    expect(await ended(image.build({ ...files(), patchSet: "/patches" }))).toMatchObject({
      code: "INVALID_INPUT",
      message: 'Builds take no patch set yet; the option is kept for later (got "/patches").',
      hint: "Leave --patch-set out. What is to be changed can be done by the Dockerfile: COPY the patches, and RUN patch.",
    });
    expect((await image.builds({})).items).toEqual([]);
  });

  it("is found by its tag with and without agent-env:, in logs as in what is about its image", async () => {
    await using domain = openMemoryDomain();
    const { image } = domain.platform;
    const { buildId } = await built(domain.platform, { ...files(), tag: "web" });
    for (const ref of [buildId, "web", "agent-env:web"]) expect(await image.logs({ ref })).toMatchObject({ buildId });
    for (const reference of ["web", "agent-env:web"]) {
      expect(await image.history({ reference })).toMatchObject({ reference: "agent-env:web" });
    }
    const bob = domain.platformOf("bob").image;
    expect((await failureOf(bob.logs({ ref: "web" }))).code).toBe("NOT_FOUND");
    expect((await failureOf(bob.history({ reference: "web" }))).code).toBe("IMAGE_NOT_FOUND");
    expect((await failureOf(bob.remove({ reference: "web" }))).code).toBe("NOT_FOUND");
    expect(await image.remove({ reference: "web" })).toEqual({ reference: "agent-env:web", removed: true });
    expect((await image.list({})).items).toEqual([]);
  });

  it("of a stage without a name is refused", async () => {
    await using domain = openMemoryDomain();
    const failure = await ended(domain.platform.image.build({ ...files(), target: "" }));
    expect(failure).toMatchObject({ code: "INVALID_INPUT" });
    expect(JSON.stringify(failure)).toContain("expected the name of a stage");
  });

  it("does not stand on an image of another owner", async () => {
    await using domain = openMemoryDomain();
    await built(domain.platform, { ...files(), tag: "mine" });
    const bob = domain.platformOf("bob");
    const { images } = domain.context.engine;
    const context = dockerfileAlone("FROM busybox:latest\nONBUILD COPY --from=agent-env:mine / /stolen/\n");
    await images?.build({ tag: "trap:1", context, labels: {} }, {});
    for (const text of [
      "FROM agent-env:mine\n",
      "FROM busybox:latest\nCOPY --from=agent-env:mine / /stolen/\n",
      "FROM busybox:latest AS one\nFROM busybox:latest\ncopy --from=docker.io/library/agent-env:mine / /stolen/\n",
      "FROM trap:1\n",
    ]) {
      expect((await ended(bob.image.build(files(text)))).code).toBe("IMAGE_NOT_FOUND");
    }
    expect((await built(domain.platform, files("FROM agent-env:mine\n"))).status).toBe("succeeded");
  });

  it("is refused where its base adds what must not be built", async () => {
    await using domain = openMemoryDomain();
    const { images } = domain.context.engine;
    const context = dockerfileAlone("FROM busybox:latest\nONBUILD RUN true\nONBUILD ADD http://127.0.0.1/ /x\n");
    await images?.build({ tag: "trap:1", context, labels: {} }, {});
    const failure = await ended(domain.platform.image.build(files("FROM trap:1\n")));
    expect(failure.code).toBe("IMAGE_BUILD_REFUSED");
    expect(failure.message).toMatch(
      /^The image trap:1 adds to each build on it, by ONBUILD, what must not be built: add-url: /,
    );
    const [build] = (await domain.platform.image.builds({})).items;
    expect(build).toMatchObject({ status: "failed", imageId: null });
  });

  it("pulls a base that is not there, and says where none has it", async () => {
    await using domain = openMemoryDomain({}, { registry: ["node:20-alpine"] });
    const events = await Array.fromAsync(domain.platform.image.build(files("FROM node:20-alpine\n")));
    expect(events).toContainEqual({ type: "output", lines: ["Pulling node:20-alpine"] });
    expect((await ended(domain.platform.image.build(files("FROM no/such:1\n")))).code).toBe("IMAGE_NOT_FOUND");
  });

  it("that fails names the instruction and its line, is recorded, and makes no image", async () => {
    await using domain = openMemoryDomain();
    const { image, receipt } = domain.platform;
    const failure = await ended(
      image.build({ ...files("FROM busybox:latest\nENV A=1\n\nMAINTAINER me\n"), tag: "bad" }),
    );
    const [build] = (await image.builds({})).items;
    expect(failure).toMatchObject({
      code: "IMAGE_BUILD_FAILED",
      hint: `Read what it printed: \`moorage image logs ${build?.buildId}\`.`,
    });
    expect(failure.message).toMatch(/^Building agent-env:bad failed at line 4, "MAINTAINER me": /);
    expect(failure.details).toMatchObject({ buildId: build?.buildId, line: 4, step: 3, instruction: "MAINTAINER me" });
    expect(build).toMatchObject({
      status: "failed",
      imageId: null,
      failure: { line: 4, instruction: "MAINTAINER me" },
    });
    expect((await receipt.list({})).items).toMatchObject([
      { operation: "image.build", status: "failed", imageId: null },
    ]);
    expect((await image.list({})).items).toEqual([]);
    expect((await image.logs({ ref: "agent-env:bad" })).text).toContain(failure.message);
  });

  it("past its deadline is ended and says so", async () => {
    await using domain = openMemoryDomain();
    const { image } = domain.platform;
    const build = image.build({ ...files("FROM busybox:latest\nRUN sleep 600\n"), tag: "slow", timeoutMs: 50 });
    const failure = await ended(build);
    expect(failure).toMatchObject({
      code: "BUILD_TIMED_OUT",
      message: "Building agent-env:slow did not end within 50 ms.",
      hint: "Give it more time with --timeout, or look for a step that waits for ever.",
    });
    expect((await image.builds({})).items).toMatchObject([{ status: "timed_out" }]);
  });

  it("past its deadline is recorded also where its reader reads no more", async () => {
    await using domain = openMemoryDomain();
    const { image } = domain.platform;
    const long = `ENV A=${"x".repeat(2000)}\n`.repeat(400);
    const events = image.build({ ...files(`FROM busybox:latest\n${long}`), timeoutMs: 2_000 })[Symbol.asyncIterator]();
    for (let event = await events.next(); event.done !== true; event = await events.next()) {
      if (event.value.type === "started") break;
    }
    const statuses = async () => (await image.builds({})).items.map(({ status }) => status);
    await expect.poll(statuses, { timeout: 15_000 }).not.toEqual(["running"]);
    await events.return?.();
  });

  it("whose caller leaves is canceled and recorded", async () => {
    await using domain = openMemoryDomain();
    const { image, receipt } = domain.platform;
    for await (const event of image.build(files("FROM busybox:latest\nRUN sleep 600\n"))) {
      if (event.type === "step" && event.step === 2) break;
    }
    expect((await image.builds({})).items).toMatchObject([{ status: "canceled" }]);
    expect((await receipt.list({})).items).toMatchObject([{ status: "canceled" }]);
  });

  it("does not take a tag of another owner, nor one that Moorage has not made", async () => {
    await using domain = openMemoryDomain();
    await built(domain.platform, { ...files(), tag: "mine" });
    const taken = { code: "CONFLICT", message: "The tag agent-env:mine is in use by an image that is not yours." };
    expect(await ended(domain.platformOf("bob").image.build({ ...files(), tag: "mine" }))).toMatchObject(taken);
    await domain.context.store.images.remove("agent-env:mine");
    expect(await ended(domain.platform.image.build({ ...files(), tag: "mine" }))).toMatchObject(taken);
  });

  it("and its image are their owner's alone", async () => {
    await using domain = openMemoryDomain();
    const { buildId, tag } = await built(domain.platform, { ...files(), tag: "mine" });
    const bob = domain.platformOf("bob");
    for (const ref of [buildId, tag]) {
      expect(await failureOf(bob.image.logs({ ref }))).toMatchObject({
        code: "NOT_FOUND",
        message: `You have no build "${ref}".`,
      });
    }
    expect((await bob.image.builds({})).items).toEqual([]);
    expect((await bob.image.list({})).items).toEqual([]);
    expect((await failureOf(bob.image.remove({ reference: tag }))).code).toBe("NOT_FOUND");
    expect((await failureOf(bob.image.history({ reference: tag }))).code).toBe("IMAGE_NOT_FOUND");
    const job = resultOf(bob.job.run({ image: tag, command: ["true"] }));
    expect(await failureOf(job)).toMatchObject({
      code: "IMAGE_NOT_FOUND",
      message: `The image ${tag} was found neither here nor in its registry.`,
    });
    expect((await failureOf(bob.sandbox.create({ image: tag }))).code).toBe("IMAGE_NOT_FOUND");
    expect(await bob.image.exists({ reference: tag })).toMatchObject({ ok: false });
  });

  it("whose Moorage was ended is recorded by the next as interrupted", async () => {
    await using domain = openMemoryDomain();
    const { image, system, receipt } = domain.platform;
    await built(domain.platform, files());
    const [row] = await domain.context.store.builds.list("alice", { limit: 1 }).then(({ items }) => items);
    if (row === undefined) throw new Error("The build has a row.");
    const lost = { ...row, id: newId(), status: "running", holder: "gone", receiptId: null } as const;
    await domain.context.store.builds.insert(lost);
    expect((await system.cleanup({})).ok).toBe(true);
    expect((await image.builds({})).items.map(({ status }) => status).toSorted()).toEqual(["interrupted", "succeeded"]);
    expect((await receipt.list({})).items).toHaveLength(2);
    expect(await receipt.verify({})).toMatchObject({ ok: true });
  });
});

describe("images of one's own", () => {
  it("are listed by the beginning of their names, page by page", async () => {
    await using domain = openMemoryDomain();
    const { image } = domain.platform;
    for (const tag of ["a-1", "a-2", "b-1"]) await built(domain.platform, { ...files(), tag });
    const names = async (filter?: string) => (await image.list({ filter })).items.map(({ reference }) => reference);
    expect(await names("agent-env")).toHaveLength(3);
    expect((await names("agent-env:a-")).toSorted()).toEqual(["agent-env:a-1", "agent-env:a-2"]);
    const first = await image.list({ limit: 2 });
    const second = await image.list({ limit: 2, cursor: first.nextCursor ?? "" });
    expect([...first.items, ...second.items]).toHaveLength(3);
    expect(second.nextCursor).toBeNull();
  });

  it("are removed by their names, but not while something is made of them", async () => {
    await using domain = openMemoryDomain();
    const { image, sandbox } = domain.platform;
    const { tag } = await built(domain.platform, { ...files(), tag: "used" });
    const { id } = await sandbox.create({ image: tag });
    expect(await failureOf(image.remove({ reference: tag }))).toMatchObject({
      code: "CONFLICT",
      message: "The image agent-env:used is in use: a sandbox or a job is made of it.",
    });
    await sandbox.remove({ id });
    expect(await image.remove({ reference: tag })).toEqual({ reference: tag, removed: true });
    expect(await image.exists({ reference: tag })).toMatchObject({ ok: false });
    expect((await failureOf(image.remove({ reference: "busybox:latest" }))).code).toBe("NOT_FOUND");
  });

  it("beyond their quota go, those that nothing was made of for the longest first, but none that a sandbox needs", async () => {
    await using base = openMemoryDomain();
    const { sizeBytes } = await built(base.platform, files());
    const { policy } = base.context;
    const quotaBytes = Math.floor((sizeBytes ?? 0) * 2.5);
    await using domain = openMemoryDomain({ policy: { ...policy, images: { ...policy.images, quotaBytes } } });
    const { image, sandbox, system } = domain.platform;
    const needed = await built(domain.platform, { ...files(), tag: "needed" });
    await sandbox.create({ image: needed.tag });
    for (const tag of ["old", "new"]) await built(domain.platform, { ...files(), tag });
    for (const [tag, usedAt] of [
      ["needed", "2020"],
      ["old", "2021"],
      ["new", "2022"],
    ]) {
      await domain.context.store.images.use(`agent-env:${tag}`, `${usedAt}-01-01T00:00:00.000Z`);
    }
    expect((await system.cleanup({})).removed).toEqual([{ kind: "image", id: "agent-env:old" }]);
    expect((await image.list({})).items.map(({ reference }) => reference).toSorted()).toEqual([
      "agent-env:needed",
      "agent-env:new",
    ]);
    expect(await system.cleanup({})).toMatchObject({ ok: true, removed: [] });
  });

  it("that cannot go counts as there, and the next one goes", async () => {
    await using base = openMemoryDomain();
    const { sizeBytes } = await built(base.platform, files());
    const { policy } = base.context;
    const quotaBytes = Math.floor((sizeBytes ?? 0) * 1.5);
    await using domain = openMemoryDomain({ policy: { ...policy, images: { ...policy.images, quotaBytes } } });
    for (const tag of ["busy", "idle"]) await built(domain.platform, { ...files(), tag });
    await domain.context.store.images.use("agent-env:busy", "2020-01-01T00:00:00.000Z");
    const { images } = domain.context.engine;
    if (images === undefined) throw new Error("The memory engine has images.");
    const remove: typeof images.remove = (reference) =>
      reference === "agent-env:busy"
        ? Promise.reject(new MoorageError("CONFLICT", "A job is made of it."))
        : images.remove(reference);
    Object.assign(domain.context.engine, { images: { ...images, remove } });
    expect((await domain.platform.system.cleanup({})).removed).toEqual([{ kind: "image", id: "agent-env:idle" }]);
  });

  it("that builds begin with or copy from are used by them", async () => {
    await using domain = openMemoryDomain();
    const { store } = domain.context;
    const long = "2020-01-01T00:00:00.000Z";
    for (const tag of ["base", "copied"]) {
      await built(domain.platform, { ...files(), tag });
      await store.images.use(`agent-env:${tag}`, long);
    }
    const dockerfile = "FROM agent-env:base\nCOPY --from=agent-env:copied /a /b\n";
    await built(domain.platform, { ...files(dockerfile), tag: "over" });
    expect((await store.images.all()).filter(({ usedAt }) => usedAt === long)).toEqual([]);
  });

  it("that nothing was made of for long go with a prune that asks for it", async () => {
    await using domain = openMemoryDomain();
    const { image, sandbox } = domain.platform;
    const kept = await built(domain.platform, { ...files(), tag: "kept" });
    await sandbox.create({ image: kept.tag });
    await built(domain.platform, { ...files(), tag: "old" });
    expect(await image.prune({})).toEqual({ images: [], cacheImages: 0, freedBytes: 0 });
    expect(await image.prune({ unusedMs: 0 })).toMatchObject({ images: ["agent-env:old"], freedBytes: null });
    expect((await image.list({})).items.map(({ reference }) => reference)).toEqual(["agent-env:kept"]);
  });
});

describe("two builds with one tag at once", () => {
  const wanted = (word: string): ImageBuild => ({
    ...files(`FROM python:3.11-slim\nENV W=${word}\nRUN sleep 1\n`),
    tag: "one",
  });

  it("of two owners leave it to one, and the other is told", async () => {
    await using domain = openMemoryDomain();
    const owners = ["alice", "bob"];
    const both = await Promise.allSettled(owners.map((owner) => built(domain.platformOf(owner), wanted(owner))));
    expect(both.map(({ status }) => status).toSorted()).toEqual(["fulfilled", "rejected"]);
    expect(both.find(({ status }) => status === "rejected")).toMatchObject({
      reason: { code: "CONFLICT", message: "The tag agent-env:one is in use by an image that is not yours." },
    });
    const winner = owners[both.findIndex(({ status }) => status === "fulfilled")];
    expect(await domain.context.store.images.all()).toMatchObject([{ reference: "agent-env:one", owner: winner }]);
  });

  it("of one owner leave the image that lost the tag as cache", async () => {
    await using domain = openMemoryDomain();
    const both = await Promise.all(["a", "b"].map((word) => built(domain.platform, wanted(word))));
    const left = await domain.context.store.builds.withCache("memory");
    const [row] = await domain.context.store.images.all();
    const lost = both.map(({ imageId }) => imageId).filter((id) => id !== row?.digest);
    expect(left.flatMap(({ cache }) => cache)).toEqual(lost);
    expect(lost).toHaveLength(1);
  });
});
