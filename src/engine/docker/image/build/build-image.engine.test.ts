import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { z } from "zod";
import { dockerfileAlone } from "../../../../base/dockerfile-alone.ts";
import { MoorageError } from "../../../../base/errors.ts";
import { newId } from "../../../../base/ids.ts";
import type { BuildEvent, BuildSpec, ImageStore } from "../../../engine.ts";
import { failureOf, openDockerFixture, type DockerFixture } from "../../docker-fixture.ts";

const MIB = 1024 ** 2;
const LONG = 120_000;
const ContainersReply = z.array(z.object({ Id: z.string(), Command: z.string() }));
const LimitsReply = z.object({ HostConfig: z.object({ PidsLimit: z.number().nullable() }) });

let fixture: DockerFixture;
let tags: string[] = [];
let left: string[] = [];

beforeEach(() => {
  fixture = openDockerFixture({ buildRetryMs: [] });
});
afterEach(async () => {
  for (const tag of tags) await fixture.engine.images?.remove(tag);
  await fixture.engine.images?.removeCache(left);
  [tags, left] = [[], []];
  await fixture[Symbol.asyncDispose]();
});

type Watched = { readonly lines: string[]; readonly events: BuildEvent[] };

/** Builds on busybox; each script is one that no other build has. */
function build(steps: string, wish: Partial<BuildSpec> = {}, options: Parameters<ImageStore["build"]>[1] = {}) {
  const { images } = fixture.engine;
  if (images === undefined) throw new Error("The engine docker has images.");
  const tag = `moorage-test/${newId()}:1`;
  tags.push(tag);
  const watched: Watched = { lines: [], events: [] };
  const context = dockerfileAlone(`FROM busybox:latest\nENV OWN=${newId()}\n${steps}\n`);
  const onEvent = (event: BuildEvent): void => {
    void options.onEvent?.(event);
    watched.events.push(event);
    if (event.type === "output") watched.lines.push(...event.lines);
  };
  const onLeft = (ids: readonly string[]): void => {
    options.onLeft?.(ids);
    left.push(...ids);
  };
  const limits = { memoryBytes: 256 * MIB, cpus: 1, pids: 64 };
  const done = images.build({ tag, context, labels: {}, limits, ...wish }, { ...options, onEvent, onLeft });
  return { done, tag, ...watched };
}

/** The containers whose command has this text. */
async function containers(text: string): Promise<readonly string[]> {
  const all = await fixture.api.json({ method: "GET", path: "/containers/json", query: { all: "1" } }, ContainersReply);
  return all.filter(({ Command }) => Command.includes(text)).map(({ Id }) => Id);
}

describe("a build", { timeout: LONG }, () => {
  test("is told by its steps, with what each prints, line by line and without paint", async () => {
    const { done, events } = build('RUN printf "one\\ntwo"; echo three >&2; printf "\\033[1mfour"');
    const image = await done;
    expect(image).toMatchObject({ steps: 3, cachedSteps: 0, id: image.digest });
    const lines = events.flatMap((event) => (event.type === "output" ? event.lines : []));
    expect(lines.toSorted()).toEqual(["one", "three", "twofour"]);
  });

  test("has its arguments, its stage, its file, and no cache when none is wanted", async () => {
    const text = `FROM busybox:latest AS first\nARG WORD=none-${newId()}\nRUN echo "word $WORD ${newId()}"\nFROM busybox:latest\nRUN exit 9\n`;
    const { images } = fixture.engine;
    const printed: string[] = [];
    const again = async (noCache: boolean) => {
      const tag = `moorage-test/${newId()}:1`;
      tags.push(tag);
      const spec = { tag, context: () => named("sub/Own", text), dockerfile: "sub/Own", target: "first" };
      return images?.build(
        { ...spec, buildArgs: { WORD: "given" }, labels: {}, noCache },
        {
          onEvent: (event) => void (event.type === "output" && printed.push(...event.lines)),
          onLeft: (ids) => void left.push(...ids),
        },
      );
    };
    expect(await again(false)).toMatchObject({ cachedSteps: 0 });
    expect(await again(false)).toMatchObject({ cachedSteps: 2 });
    expect(await again(true)).toMatchObject({ cachedSteps: 0 });
    expect(printed.filter((line) => line.startsWith("word given "))).toHaveLength(2);
  });

  test("that takes more memory than it may is ended, and says with which code", async () => {
    const { details } = await failureOf(build("RUN head -c 400m /dev/zero | tail").done);
    expect(details).toMatchObject({ step: 3, exitCode: 137 });
  });

  test("starts no more processes than it may", async () => {
    const script = "RUN sleep 2; i=0; while [ $i -lt 200 ]; do sleep 3 & i=$((i+1)); done; wait; echo began $i";
    const { details } = await failureOf(build(script, { limits: { memoryBytes: 256 * MIB, cpus: 2, pids: 32 } }).done);
    expect(JSON.stringify(details["log"])).toContain("can't fork");
  });

  test("that names the container of another in its output does not touch it", async () => {
    const id = await fixture.sandbox();
    const [container = ""] = await idsOf(id);
    const before = await fixture.api.json({ method: "GET", path: `/containers/${container}/json` }, LimitsReply);
    const line = ` ---> Running in ${container.slice(0, 12)}`;
    await build(`RUN echo "${line}"; sleep 1; echo "${line}"`).done;
    expect(await fixture.api.json({ method: "GET", path: `/containers/${container}/json` }, LimitsReply)).toEqual(
      before,
    );
  });

  test("leaves its nameless images to be known by their ids, and claims no others", async () => {
    const other = await fixture.image(`FROM busybox:latest\nENV OTHER=${newId()}\n`);
    const OtherReply = z.object({ Id: z.string() });
    const { Id } = await fixture.api.json({ method: "GET", path: `/images/${other}/json` }, OtherReply);
    const ids: string[] = [];
    const claim = ` ---> ${Id.slice("sha256:".length, 19)}`;
    const failing = build(`RUN echo "${claim}"\nRUN exit 4`, {}, { onLeft: (found) => void ids.push(...found) });
    expect((await failureOf(failing.done)).details).toMatchObject({ exitCode: 4, step: 4 });
    expect(ids).toHaveLength(2);
    expect(ids).not.toContain(Id);
    const { images } = fixture.engine;
    const first = await images?.removeCache([Id, ...ids]);
    expect(first).toMatchObject({ gone: ids.toReversed(), removed: ids.length });
    expect(await images?.removeCache(ids)).toEqual({ gone: ids.toReversed(), removed: 0, freedBytes: 0 });
    expect(await images?.find(other)).toBeDefined();
  });

  test("without a network reaches nothing", async () => {
    const { done, lines } = build("RUN ls /sys/class/net", { network: "none" });
    await done;
    expect(lines.filter((line) => line !== "tunl0" && line !== "sit0")).toEqual(["lo"]);
  });

  test("that is canceled leaves nothing running", async () => {
    const giveUp = new AbortController();
    const own = newId();
    const onEvent = (event: BuildEvent): void => {
      if (event.type === "output" && event.lines.includes("started")) giveUp.abort();
    };
    const { done } = build(`RUN : ${own}; echo started; sleep 600`, {}, { signal: giveUp.signal, onEvent });
    expect((await failureOf(done)).code).toBe("CANCELED");
    await expect.poll(() => containers(own), { timeout: 20_000 }).toEqual([]);
  });

  test("whose context fails tells that failure, and no image is made", async () => {
    const { done, tag } = build("RUN true", {
      context: () =>
        (async function* broken() {
          yield* dockerfileAlone("FROM busybox:latest\n")();
          throw new MoorageError("CONFLICT", "the context broke");
        })(),
    });
    expect(await failureOf(done)).toMatchObject({ code: "CONFLICT", message: "the context broke" });
    expect(await fixture.engine.images?.find(tag)).toBeUndefined();
  });
});

async function* named(path: string, text: string): AsyncGenerator<Uint8Array> {
  for await (const chunk of dockerfileAlone(text)()) {
    const header = Buffer.from(chunk);
    yield header.toString("latin1", 0, 10) === "Dockerfile" ? renamed(header, path) : header;
  }
}

/** The header of an entry with another name, and the sum that belongs to it. */
function renamed(block: Buffer, path: string): Buffer {
  const header = Buffer.from(block);
  header.fill(0, 0, 100).write(path, 0, "latin1");
  header.fill(" ", 148, 156);
  const sum = header.subarray(0, 512).reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  return header;
}

async function idsOf(unit: string): Promise<readonly string[]> {
  const filters = JSON.stringify({ label: [`moorage.id=${unit}`] });
  const found = await fixture.api.json(
    { method: "GET", path: "/containers/json", query: { filters } },
    ContainersReply,
  );
  return found.map(({ Id }) => Id);
}
