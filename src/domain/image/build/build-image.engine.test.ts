import { describe, expect, it } from "vitest";
import { openDockerDomain } from "../../../../test/fixtures/docker-domain.ts";
import { resultOf } from "../../../../test/fixtures/memory-domain.ts";
import { dockerfileAlone } from "../../../base/dockerfile-alone.ts";
import { newId } from "../../../base/ids.ts";
import type { Platform } from "../../../contracts/platform.ts";
import type { Build, BuildEvent, ImageBuild } from "../../../contracts/types.ts";
import { failureOf } from "../../../engine/docker/docker-fixture.ts";

const LONG = 180_000;
const MIB = 1024 ** 2;

const steps = (...lines: readonly string[]): Pick<ImageBuild, "files" | "tag"> => ({
  files: { Dockerfile: ["FROM busybox:latest", `ENV OWN=${newId()}`, ...lines, ""].join("\n") },
  tag: `test-${newId()}`,
});

const ended = (events: AsyncIterable<BuildEvent>) => failureOf(Array.fromAsync(events));

async function built(platform: Platform, input: ImageBuild): Promise<Build> {
  const last = (await Array.fromAsync(platform.image.build(input))).at(-1);
  if (last?.type !== "result") throw new Error(`Expected a result at the end, got ${last?.type ?? "nothing"}.`);
  return last.result;
}

describe("builds on a real engine", { timeout: LONG }, () => {
  it("fail with the instruction, its line in the file, and what it printed last", async () => {
    await using domain = openDockerDomain();
    const { image } = domain.platform;
    const input = steps("", "# not here", "RUN echo one; \\", "  echo two >&2; exit 3", "RUN true");
    const { code, message, details } = await ended(image.build(input));
    expect(code).toBe("IMAGE_BUILD_FAILED");
    expect(message).toMatch(/ failed at line 5, "RUN echo one; .*": .* returned a non-zero code: 3$/);
    expect(details).toMatchObject({ line: 5, step: 3, exitCode: 3 });
    expect(details["log"]).toEqual(expect.arrayContaining(["one", "two"]));
    const [build] = (await image.builds({})).items;
    expect(build).toMatchObject({ status: "failed", failure: { line: 5 } });
    const { text } = await image.logs({ ref: build?.buildId ?? "" });
    expect(text).toMatch(/^Step 1\/\d+ : FROM busybox:latest\n/);
    expect(text.split("\n")).toEqual(expect.arrayContaining(["one", "two"]));
  });

  it("are told by what the builder says, and a step that prints the same is only printing", async () => {
    await using domain = openDockerDomain();
    const { image } = domain.platform;
    const own = newId();
    const says = (line: string) => `printf "${line}"; sleep 0.3;`;
    const next = `RUN echo ${own}`;
    const forged = ["Step 4/6 : COPY evil", `Step 4/6 : ${next}`, " ---> Using cache", " ---> Running in 0123456789ab"];
    const input = steps(`RUN ${forged.map(says).join(" ")} exit 1`, next, "RUN true");
    const told: BuildEvent[] = [];
    const follow = async (): Promise<void> => {
      for await (const event of image.build(input)) told.push(event);
    };
    const { message, details } = await failureOf(follow());
    expect(message).toContain(` failed at line 3, "RUN printf `);
    expect(details).toMatchObject({ line: 3, step: 3, exitCode: 1 });
    expect(told.flatMap((event) => (event.type === "step" ? [event.step] : []))).toEqual([1, 2, 3]);
    expect(told.filter(({ type }) => type === "cached")).toEqual([]);
    const [build] = (await image.builds({})).items;
    const { text } = await image.logs({ ref: build?.buildId ?? "" });
    for (const line of forged.slice(0, 2)) expect(text).toContain(line);
  });

  it("go on to be told after a step that prints what the builder says", async () => {
    await using domain = openDockerDomain();
    const lines = ["Step 4/5 : RUN evil", " ---> Using cache"].map((line) => `echo "${line}"; sleep 0.3;`);
    const result = await built(
      domain.platform,
      steps(`RUN ${lines.join(" ")}`, "RUN  echo \\", "# of two lines", "  x"),
    );
    expect(result).toMatchObject({ status: "succeeded", steps: 5, cachedSteps: 0 });
  });

  it("that print without end are ended at their deadline, and take no memory for it", async () => {
    await using domain = openDockerDomain();
    const { image } = domain.platform;
    const before = process.memoryUsage().rss;
    let highest = before;
    const look = setInterval(() => (highest = Math.max(highest, process.memoryUsage().rss)), 50);
    let lines = 0;
    const follow = async (): Promise<void> => {
      for await (const event of image.build({ ...steps("RUN yes this goes on and on"), timeoutMs: 6_000 })) {
        if (event.type === "output") lines += event.lines.length;
      }
    };
    const failure = await failureOf(follow());
    clearInterval(look);
    expect(failure).toMatchObject({ code: "BUILD_TIMED_OUT", details: { line: 3, timeoutMs: 6_000 } });
    expect(lines).toBeGreaterThan(1_000);
    expect(highest - before).toBeLessThan(200 * MIB);
    const [build] = (await image.builds({})).items;
    expect(build?.logBytes).toBeGreaterThan(lines);
    expect((await image.logs({ ref: build?.buildId ?? "", tail: 2 })).text).toContain("did not end within 6 s");
  });

  it("start no more processes than they may, whatever forks", async () => {
    await using domain = openDockerDomain();
    const bomb = steps("RUN sleep 2; bomb() { bomb | bomb & }; bomb; sleep 3; echo survived");
    const events = await Array.fromAsync(
      domain.platform.image.build({ ...bomb, pids: 64, cpus: 1, timeoutMs: 60_000 }),
    );
    expect(events.at(-1)?.type).toBe("result");
    expect(events).toContainEqual({ type: "output", lines: ["survived"] });
  });

  it("that are the same come from the cache, with the same image", async () => {
    await using domain = openDockerDomain();
    const input = steps("RUN echo once > /made");
    const first = await built(domain.platform, input);
    const second = await built(domain.platform, input);
    expect(second).toMatchObject({ imageId: first.imageId, cachedSteps: (first.steps ?? 0) - 1 });
    const { text } = await domain.platform.image.logs({ ref: second.buildId });
    expect(text).toContain(" ---> Using cache");
  });

  it("that take a tag again leave the image before it to be pruned, and nothing else is", async () => {
    await using domain = openDockerDomain();
    const { image } = domain.platform;
    const tag = `test-${newId()}`;
    const first = await built(domain.platform, { ...steps("RUN echo 1 > /made"), tag });
    const second = await built(domain.platform, { ...steps("RUN echo 2 > /made"), tag });
    await ended(image.build(steps("RUN echo 3 > /made", "RUN exit 1")));
    const pruned = await image.prune({});
    expect(pruned.images).toEqual([]);
    expect(pruned.cacheImages).toBeGreaterThanOrEqual(3);
    expect(await domain.images.find(first.imageId ?? "")).toBeUndefined();
    expect(await image.exists({ reference: second.tag })).toMatchObject({ ok: true });
    expect(await image.exists({ reference: "busybox:latest" })).toMatchObject({ ok: true });
    expect(await image.prune({})).toMatchObject({ cacheImages: 0 });
  });

  it.each([
    [
      "apt-get",
      "debian:bookworm-slim",
      "apt-get update && apt-get install -y --no-install-recommends jq",
      "jq --version",
    ],
    ["pip", "python:3.11-slim", "pip install --no-cache-dir six", 'python -c "import six"'],
    ["npm", "node:20-alpine", "npm ci", "node -e \"require('is-odd')\""],
  ])("really run %s", async (...[, base, install, check]) => {
    await using domain = openDockerDomain();
    const lock = {
      name: "app",
      version: "1.0.0",
      lockfileVersion: 3,
      packages: {
        "": { name: "app", version: "1.0.0", dependencies: { "is-odd": "3.0.1" } },
        "node_modules/is-number": { version: "6.0.0" },
        "node_modules/is-odd": { version: "3.0.1", dependencies: { "is-number": "^6.0.0" } },
      },
    };
    const files = {
      Dockerfile: `FROM ${base}\nWORKDIR /app\nCOPY . .\nRUN ${install}\n`,
      "package.json": JSON.stringify({ name: "app", version: "1.0.0", dependencies: { "is-odd": "3.0.1" } }),
      "package-lock.json": JSON.stringify(lock),
    };
    const { tag } = await built(domain.platform, { files, tag: `test-${newId()}` });
    const command = ["sh", "-c", `cd /app && ${check}`];
    expect(await resultOf(domain.platform.job.run({ image: tag, command }))).toMatchObject({ exitCode: 0 });
  });

  it("are refused where their base adds what must not be built", async () => {
    await using domain = openDockerDomain();
    const base = await domain.ownImage("busybox", ["ONBUILD RUN true", "ONBUILD ADD http://127.0.0.1:1/secret /x"]);
    const failure = await ended(domain.platform.image.build({ files: { Dockerfile: `FROM ${base}\n` } }));
    expect(failure.code).toBe("IMAGE_BUILD_REFUSED");
    expect(failure.message).toContain(`The image ${base} adds to each build on it, by ONBUILD,`);
  });

  it("without a network cannot install anything", async () => {
    await using domain = openDockerDomain();
    const input = { ...steps("RUN wget -T 3 -q -O /dev/null http://example.org || exit 9"), network: "none" as const };
    expect((await ended(domain.platform.image.build(input))).details).toMatchObject({ exitCode: 9 });
  });

  it("tell what the image has of its base: root, and what looks like a secret; not of stages that it does not stand on", async () => {
    await using domain = openDockerDomain();
    const { platform } = domain;
    const warningsOf = async (lines: readonly string[]): Promise<readonly string[]> => {
      const files = { Dockerfile: [...lines, `ENV OWN=${newId()}`, ""].join("\n") };
      const { warnings } = await built(platform, { files, tag: newId(), network: "none" });
      return warnings.filter((warning) => !warning.startsWith("line "));
    };
    const base = `moorage-test/base-${newId()}:1`;
    const dockerfile = "FROM busybox:latest\nENV API_TOKEN=abcdef0123456789\nUSER 10001\n";
    await domain.images.build({ tag: base, context: dockerfileAlone(dockerfile), labels: {} }, {});
    await using _ = { [Symbol.asyncDispose]: () => domain.images.remove(base) };
    const secret = `The base ${base} sets API_TOKEN, by the name a secret: who has the image can read it.`;
    const root =
      "What runs in the image is root, since neither its last stage nor its base names a USER; `USER 10001` names another.";
    expect(await warningsOf([`FROM ${base}`])).toEqual([secret]);
    expect(await warningsOf([`FROM ${base} AS one`, "FROM busybox:latest", "COPY --from=one /bin/sh /one"])).toEqual([
      root,
    ]);
    expect(await warningsOf([`FROM ${base} AS one`, "FROM one"])).toEqual([secret]);
    expect(await warningsOf(["FROM busybox:latest AS one", "FROM scratch", "COPY --from=one /bin/sh /one"])).toEqual(
      [],
    );
  });
});

it("that meets another owner's with its tag leaves that its image", { timeout: 60_000 }, async () => {
  await using domain = openDockerDomain();
  const tag = newId();
  const reference = `agent-env:${tag}`;
  const owners = ["alice", "bob"];
  const both = await Promise.allSettled(
    owners.map((owner) => {
      const Dockerfile = `FROM busybox:latest\nENV OWNER=${owner}\nRUN sleep 1 && echo ${tag} > /word\n`;
      return Array.fromAsync(domain.platformOf(owner).image.build({ files: { Dockerfile }, tag }));
    }),
  );
  expect(both.find(({ status }) => status === "rejected")).toMatchObject({ reason: { code: "CONFLICT" } });
  const winner = owners[both.findIndex(({ status }) => status === "fulfilled")] ?? "";
  const { image } = domain.platformOf(winner);
  const [row] = (await domain.context.store.images.all()).filter((one) => one.reference === reference);
  expect(row?.owner).toBe(winner);
  expect((await domain.images.find(reference))?.digest).toBe(row?.digest);
  await image.remove({ reference });
});
