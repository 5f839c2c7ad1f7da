import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { openEngineProxy } from "../../../../test/fixtures/engine-proxy.ts";
import { namelessFiles } from "../../../../test/fixtures/nameless-files.ts";
import { newId } from "../../../base/ids.ts";
import { silentLogger } from "../../../base/logger.ts";
import type { EngineSnapshots, UnitSpec } from "../../engine.ts";
import { CommittedReply } from "../api/replies.ts";
import { createDockerEngine } from "../docker-engine.ts";
import { failureOf, openDockerFixture, removeImage, type DockerFixture } from "../docker-fixture.ts";

const MAX_BYTES = 1024 ** 3;
const Inspected = z.looseObject({
  Id: z.string(),
  Config: z.looseObject({ Labels: z.record(z.string(), z.string()) }),
});

let fixture: DockerFixture;
beforeAll(() => {
  fixture = openDockerFixture();
});
afterAll(async () => {
  await fixture[Symbol.asyncDispose]();
});

function snapshots(): EngineSnapshots {
  if (fixture.engine.snapshots === undefined) throw new Error("The engine docker has snapshots.");
  return fixture.engine.snapshots;
}

async function take(sandbox: string, id = newId()) {
  const { reference } = await snapshots().take({ sandbox, id, maxBytes: MAX_BYTES });
  return { id, reference, [Symbol.asyncDispose]: () => snapshots().remove(id) };
}

async function sandboxWith(script: string, wish: Partial<UnitSpec> = {}): Promise<string> {
  const id = await fixture.sandbox(wish);
  expect(await fixture.shell(id, script)).toMatchObject({ err: "", exit: { exitCode: 0 } });
  return id;
}

function inspect(reference: string): Promise<z.infer<typeof Inspected>> {
  return fixture.api.json({ method: "GET", path: `/images/${reference}/json` }, Inspected);
}

function has(reference: string): Promise<unknown> {
  return fixture.api.find({ method: "GET", path: `/images/${reference}/json` }, Inspected);
}

describe("a snapshot", { timeout: 60_000 }, () => {
  test("has the settings of its sandbox's image, and nothing of the sandbox", async () => {
    const image = await fixture.image(
      'FROM busybox:latest\nENV OWN="of the image"\nCMD ["sh", "-c", "cat /etc/own; sleep 60"]\n',
    );
    const id = await sandboxWith("echo kept > /etc/own", {
      image,
      env: { SECRET: "told to nobody" },
      capabilities: ["CHOWN"],
    });
    await using taken = await take(id);
    const [base, made] = [await inspect(image), await inspect(taken.reference)];
    const { Labels, ...settings } = made.Config;
    const { Labels: own, ...expected } = base.Config;
    expect(settings).toEqual(expected);
    expect(Labels).toEqual({ ...own, ...fixture.labels.signKept("snapshot", taken.id) });
    const history = await fixture.api.json({ method: "GET", path: `/images/${taken.reference}/history` }, z.unknown());
    expect(JSON.stringify([made, history])).not.toMatch(/told to nobody|SECRET/);
    expect(await has(`${taken.reference}-draft`)).toBeUndefined();
    const started = await fixture.sandbox({ image: taken.reference, main: {} });
    const printed = async (): Promise<string> =>
      Buffer.concat((await fixture.engine.lastOutput(started)).map(({ data }) => data)).toString();
    await expect.poll(printed, { timeout: 20_000 }).toBe("kept\n");
    await fixture.engine.remove(started);
  });

  test("keeps what an archive of the workspace cannot: owners, links that lead out, pipes, names of any bytes", async () => {
    const make = [
      "umask 0; mkdir -p deep/er; echo text > deep/er/file; chown 1234:99 deep/er/file deep; chmod 4751 deep/er/file",
      "ln deep/er/file hard; ln -s /usr/bin/env out; mkfifo pipe; echo x > \"$(printf 'caf\\351')\"; chmod 1777 .",
      `echo y > ${"n".repeat(200)}; touch -d 2001-02-03 deep/er/file`,
    ].join("; ");
    // The engine that fills a volume gives directories the time of that.
    const times = "find . ! -type d -exec stat -c '%n %Y' {} +";
    const look = `find . -exec stat -c '%n %a %u:%g %F %h' {} + | sort; readlink out; cat hard; ${times} | sort`;
    const capabilities = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID"];
    const id = await sandboxWith(make, { capabilities });
    await using taken = await take(id);
    const copy = await fixture.sandbox({ image: taken.reference, capabilities });
    const [before, after] = [await fixture.shell(id, look), await fixture.shell(copy, look)];
    expect(after.out).toBe(before.out);
    expect(after.out).toContain("./deep/er/file 4751 1234:99 regular file 2\n");
    await fixture.engine.remove(copy);
  });

  test("is refused where the workspace has a name that images take for something removed", async () => {
    const id = await sandboxWith("mkdir deep; echo x > deep/.wh.kept");
    const snapshot = newId();
    const refused = await failureOf(snapshots().take({ sandbox: id, id: snapshot, maxBytes: MAX_BYTES }));
    expect(refused).toMatchObject({
      code: "PATH_NOT_ALLOWED",
      message:
        'The workspace has "deep/.wh.kept", which no image can keep: it would be taken for a file that was removed.',
      hint: "Rename it: other names than those that begin with .wh. are kept.",
    });
    expect(await has(`moorage-snapshot:${snapshot}-draft`)).toBeUndefined();
    expect(await fixture.engine.inspect(id)).toMatchObject({ state: "running" });
  });

  test("is nobody's where an image only has its name, which then stays", async () => {
    const [id, snapshot] = [await fixture.sandbox(), newId()];
    const reference = `moorage-snapshot:${snapshot}`;
    const query = { repo: "moorage-snapshot", tag: snapshot };
    await fixture.api.send({ method: "POST", path: "/images/busybox:latest/tag", query });
    try {
      expect(await snapshots().find(snapshot)).toBeUndefined();
      const refused = await failureOf(snapshots().take({ sandbox: id, id: snapshot, maxBytes: MAX_BYTES }));
      expect(refused).toMatchObject({ code: "CONFLICT", message: `The engine has an image ${reference} already.` });
      await snapshots().remove(snapshot);
      expect(await has(reference)).toBeDefined();
    } finally {
      await removeImage(fixture.api, reference);
    }
  });

  test("that was cut off between its steps is removed with its draft", async () => {
    const [id, snapshot] = [await fixture.sandbox(), newId()];
    const query = { container: `moorage-${id}`, repo: "moorage-snapshot", tag: `${snapshot}-draft` };
    await fixture.api.send({ method: "POST", path: "/commit", query, json: {} });
    await snapshots().remove(snapshot);
    expect(await has(`moorage-snapshot:${snapshot}-draft`)).toBeUndefined();
  });

  test("that is given up at any moment leaves nothing, and its sandbox goes on", async () => {
    const id = await sandboxWith("dd if=/dev/zero of=large bs=1M count=8 2>/dev/null");
    for (const ms of [0, 30, 60, 90, 120, 180, 240, 400]) {
      const snapshot = newId();
      const taking = snapshots().take({ sandbox: id, id: snapshot, maxBytes: MAX_BYTES }, AbortSignal.timeout(ms));
      const [end] = await Promise.allSettled([taking]);
      const found = await snapshots().find(snapshot);
      expect(found === undefined, `after ${ms} ms`).toBe(end.status === "rejected");
      expect(await has(`moorage-snapshot:${snapshot}-draft`)).toBeUndefined();
      expect(await fixture.engine.inspect(id)).toMatchObject({ state: "running" });
      await snapshots().remove(snapshot);
    }
  });

  test("that was broken off may have left a commit without a name, which is cleared away, and nobody else's is", async () => {
    const sandbox = await sandboxWith("true");
    const commit = async (labels: Readonly<Record<string, string>>): Promise<string> => {
      const query = { container: `moorage-${sandbox}`, pause: "0" };
      const json = { Labels: labels };
      return (await fixture.api.json({ method: "POST", path: "/commit", query, json }, CommittedReply)).Id;
    };
    const left = await commit({});
    const foreign = await commit({ "moorage.sig": "of somebody else" });
    try {
      const cleared = async (): Promise<unknown> => {
        await snapshots().clear();
        return has(left);
      };
      await expect.poll(cleared, { timeout: 30_000, interval: 500 }).toBeUndefined();
      expect(await has(foreign)).toBeDefined();
    } finally {
      await removeImage(fixture.api, foreign);
    }
  });
});

test("a snapshot whose sandbox cannot go on after it keeps no file open", { timeout: 60_000 }, async () => {
  const id = await sandboxWith("head -c 6000000 /dev/urandom > /workspace/large");
  const directory = await mkdtemp(join(tmpdir(), "moorage-held-"));
  try {
    const reply = "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    const intercept = (head: string) => (head.includes("/unpause") ? { reply } : undefined);
    await using proxy = await openEngineProxy(join(directory, "engine.sock"), { intercept });
    const endpoint = { socketPath: proxy.socketPath };
    await using engine = createDockerEngine({ endpoint, labels: fixture.labels, logger: silentLogger });
    const before = await namelessFiles();
    const taking = async () => engine.snapshots?.take({ sandbox: id, id: newId(), maxBytes: MAX_BYTES });
    expect((await failureOf(taking)).code).toBe("ENGINE_FAILED");
    expect(await namelessFiles()).toEqual(before);
  } finally {
    await rm(directory, { recursive: true });
  }
});
