import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { z } from "zod";
import { newId } from "../../src/base/ids.ts";
import { openDockerFixture, type DockerFixture } from "../../src/engine/docker/docker-fixture.ts";
import { busyboxSandbox, finished, openHome, type Home } from "../fixtures/command-line.ts";
import { makeOwnImage } from "../fixtures/registry/own-image.ts";
import { startRegistry } from "../fixtures/registry/registry.ts";
import { startStalling, type Stalling } from "../fixtures/registry/stalling.ts";
import { startServer } from "../fixtures/running-server.ts";

const LONG = 120_000;
const SOON = { timeout: 30_000, interval: 200 };
const Images = z.array(z.object({ RepoTags: z.array(z.string()).nullable() }));
const Containers = z.array(z.object({ State: z.string() }));

let opened: AsyncDisposableStack;
let docker: DockerFixture;
let home: Home;
let registry: Stalling;

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  docker = opened.use(openDockerFixture());
  home = opened.use(await openHome());
  registry = opened.use(await startStalling(opened.use(await startRegistry()).host));
});
afterEach(() => opened.disposeAsync());

/** Ends a command as Ctrl-C does once `when` resolves. */
async function interrupted(args: readonly string[], when: (child: ReturnType<Home["start"]>) => Promise<unknown>) {
  const child = home.start(args);
  const ended = finished(child);
  await when(child);
  child.kill("SIGINT");
  return ended;
}

/** The names of images, and the states of containers, that carry the labels of this home's deployment. */
async function left(): Promise<{ readonly images: readonly string[]; readonly containers: readonly string[] }> {
  const deployment = (await readFile(join(home.path, "keys", "deployment"), "utf8")).trim();
  const query = { filters: JSON.stringify({ label: [`moorage.deployment=${deployment}`] }), all: "1" };
  const images = await docker.api.json({ method: "GET", path: "/images/json", query }, Images);
  const containers = await docker.api.json({ method: "GET", path: "/containers/json", query }, Containers);
  const names = images.flatMap(({ RepoTags }) => RepoTags ?? ["nameless"]);
  return { images: names, containers: containers.map(({ State }) => State) };
}

const isThere = async (reference: string): Promise<boolean> =>
  (await docker.engine.images?.find(reference)) !== undefined;

type Exported = { readonly exportId: string; readonly service: string; readonly status: string };

async function exports(): Promise<readonly Exported[]> {
  const { stdout } = await home.moorage(["image", "exports", "--json"]);
  return (JSON.parse(stdout) as { readonly items: readonly Exported[] }).items;
}

async function lastExport(): Promise<Exported> {
  const [last] = await exports();
  return last ?? { exportId: "", service: "", status: "none" };
}

/** With a server, what a command asked for is done by the server, which goes on until it sees that nobody waits. */
describe.each([false, true])("Ctrl-C, with a server: %s", { timeout: LONG }, (withServer) => {
  beforeEach(async () => {
    if (withServer) opened.use(await startServer(home));
  });

  it("in a push ends it with 130, and leaves the engine as it was", async () => {
    await home.moorage(["image", "ls"]);
    await using own = await makeOwnImage(home);
    const target = `${registry.host}/team/own:1`;
    const ended = await interrupted(["image", "push", own.reference, target], () => registry.stalled);
    expect(ended).toMatchObject({
      code: 130,
      stdout: "",
      stderr:
        "error: The command was canceled.\n" +
        "hint: The push was given up; what the registry has already taken of it, it clears up by itself.\n",
    });
    await expect.poll(() => isThere(target), SOON).toBe(false);
    expect(await isThere(own.reference)).toBe(true);
    expect(await left()).toEqual({ images: [], containers: [] });
  });

  it("in an export of images ends it with 130, records those that had begun as canceled, and begins no other", async () => {
    await home.moorage(["image", "ls"]);
    await using own = await makeOwnImage(home);
    const services = ["a", "b", "c", "d", "e"].flatMap((service) => ["--image", `${service}=${own.reference}`]);
    const args = ["image", "export", ...services, "--registry", registry.host];
    const ended = await interrupted(args, () => registry.stalled);
    expect(ended).toMatchObject({
      code: 130,
      stdout: "",
      stderr: expect.stringContaining(
        "error: The command was canceled.\n" +
          "hint: What it had begun to push was given up, and is recorded as canceled.\n",
      ) as string,
    });
    await expect
      .poll(async () => new Set((await exports()).map(({ status }) => status)), SOON)
      .toEqual(new Set(["canceled"]));
    const begun = (await exports()).map(({ service }) => service);
    // Three are exported at once.
    expect(begun).not.toContain("d");
    expect(begun).not.toContain("e");
    for (const service of begun) expect(await isThere(`${registry.host}/demo-${service}:latest`)).toBe(false);
    expect(await left()).toEqual({ images: [], containers: [] });
  });

  it("in an export of a sandbox leaves no image of it, and the sandbox as it was", async () => {
    const id = await busyboxSandbox(home);
    const args = ["image", "export", "--sandbox", `db=${id}`, "--registry", registry.host];
    expect(await interrupted(args, () => registry.stalled)).toMatchObject({ code: 130, stdout: "" });
    await expect.poll(async () => (await lastExport()).status, SOON).toBe("canceled");
    const { exportId } = await lastExport();
    expect(await isThere(`agent-env:export-${exportId}`)).toBe(false);
    expect(await isThere(`${registry.host}/demo-db:latest`)).toBe(false);
    expect(await left()).toEqual({ images: [], containers: ["running"] });
  });

  it("while the files of a sandbox are taken for its export leaves nothing of them, and lets it go on", async () => {
    const id = await busyboxSandbox(home);
    const word = newId();
    const fill = ["dd", "if=/dev/urandom", `of=${word}`, "bs=1M", "count=64"];
    expect(await home.moorage(["sandbox", "exec", id, "--", ...fill])).toMatchObject({ code: 0 });
    const args = ["image", "export", "--sandbox", `db=${id}`, "--registry", registry.host, "--json"];
    const ended = await interrupted(args, async ({ stdout }) => once(stdout ?? process.stdin, "data"));
    expect(ended.code).toBe(130);
    await expect.poll(async () => (await lastExport()).status, SOON).toBe("canceled");
    const { exportId } = await lastExport();
    await expect.poll(left, SOON).toEqual({ images: [], containers: ["running"] });
    expect(await isThere(`agent-env:export-${exportId}`)).toBe(false);
    const alive = await home.moorage(["sandbox", "exec", id, "--", "ls", word]);
    expect(alive).toMatchObject({ code: 0, stdout: `${word}\n` });
  });
});
