import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { describe, expect, it } from "vitest";
import { newId } from "../../src/base/ids.ts";
import { busyboxSandbox, openHome, type Home } from "../fixtures/command-line.ts";

const run = promisify(execFile);
const docker = async (...args: string[]): Promise<string> => (await run("docker", args)).stdout.trim();

/** A container that somebody else made; removed at the end. */
async function foreignContainer(options: readonly string[]) {
  const id = await docker("run", "-d", "--network", "none", ...options, "busybox:latest", "sleep", "300");
  return {
    id,
    alive: async () => (await docker("inspect", "-f", "{{.State.Running}}", id)) === "true",
    [Symbol.asyncDispose]: async () => {
      await docker("rm", "-f", id);
    },
  };
}

async function refusesAll(home: Home, id: string): Promise<void> {
  for (const args of [
    ["sandbox", "get", id],
    ["sandbox", "rm", id],
    ["file", "ls", id],
  ]) {
    const answer = await home.moorage(args);
    expect(answer.code).toBe(1);
    expect(answer.stderr).toContain(`You have no sandbox "${id}".`);
  }
  const exec = await home.moorage(["sandbox", "exec", id, "--", "true"]);
  expect(exec.code).toBe(125);
  expect(exec.stderr).toContain(`You have no sandbox "${id}".`);
}

describe("a container that Moorage did not make", () => {
  it("is not found by its engine id or its name, and is not touched", async () => {
    await using home = await openHome();
    const name = `somebody-${newId()}`;
    await using foreign = await foreignContainer(["--name", name]);
    await refusesAll(home, name);
    await refusesAll(home, foreign.id.slice(0, 20));
    await home.moorage(["cleanup"]);
    expect(await foreign.alive()).toBe(true);
  });

  it("with forged labels is neither listed, nor used, nor cleaned up", async () => {
    await using home = await openHome();
    const id = await busyboxSandbox(home);
    const labels = JSON.parse(await docker("inspect", "-f", "{{json .Config.Labels}}", `moorage-${id}`)) as Record<
      string,
      string
    >;
    const forgedId = newId();
    const forged = { ...labels, "moorage.id": forgedId };
    const options = Object.entries(forged).flatMap(([key, value]) => ["--label", `${key}=${value}`]);
    await using foreign = await foreignContainer(["--name", `moorage-${forgedId}`, ...options]);
    await refusesAll(home, forgedId);
    const cleaned = await home.moorage(["cleanup", "--json"]);
    expect(JSON.parse(cleaned.stdout)).toMatchObject({ ok: true, removed: [], recovered: [] });
    expect(await foreign.alive()).toBe(true);
    const { items } = JSON.parse((await home.moorage(["sandbox", "ls", "--json"])).stdout) as {
      items: { id: string }[];
    };
    expect(items.map((item) => item.id)).toEqual([id]);
  });
});
