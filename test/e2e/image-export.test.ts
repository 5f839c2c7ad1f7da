import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { privateEngine, withPrivateEngines } from "../../scripts/setup/private-engine.ts";
import { runOrThrow } from "../../scripts/setup/run-program.ts";
import { newId } from "../../src/base/ids.ts";
import type { ImageExportResult } from "../../src/contracts/types.ts";
import { openDockerFixture, printed } from "../../src/engine/docker/docker-fixture.ts";
import { openHome, type Home } from "../fixtures/command-line.ts";
import { startRegistry, type TestRegistry } from "../fixtures/registry/registry.ts";
import { startServer } from "../fixtures/running-server.ts";

const LONG = { timeout: 240_000 };
const SECRET = "correct-horse-battery";

let opened: AsyncDisposableStack;
let home: Home;
let registry: TestRegistry;
let word: string;
let tag: string;

beforeEach(async () => {
  opened = new AsyncDisposableStack();
  home = opened.use(await openHome());
  registry = opened.use(await startRegistry());
  word = newId();
  tag = `agent-env:export-${word}`;
  const app = join(home.root, "app");
  await mkdir(app);
  await writeFile(join(app, "Dockerfile"), `FROM busybox:latest\nRUN echo ${word} > /word\nCMD ["cat", "/word"]\n`);
  await moorage("image", "build", "app", "--tag", tag);
  opened.defer(async () => void (await home.moorage(["image", "rm", tag])));
});
afterEach(() => opened.disposeAsync());

async function moorage(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await home.moorage(args);
  if (code !== 0) throw new Error(`moorage ${args.join(" ")} ended with ${code}:\n${stderr}`);
  return stdout;
}

/** What a clean engine prints that gets the image from the registry, and runs it. */
async function ranElsewhere(reference: string, command: readonly string[]): Promise<string> {
  const engine = opened.use(await privateEngine(AbortSignal.timeout(60_000)));
  if (engine.address.kind !== "unix") throw new Error("A private engine answers on a socket.");
  const { path } = engine.address;
  const to = ["--dest-daemon-host", `unix://${path}`, "docker-daemon:consumer/app:1"];
  const from = ["skopeo", "copy", "--src-tls-verify=false", `docker://${reference}`] as const;
  await runOrThrow([...from, ...to], { deadlineMs: 60_000 });
  await using there = openDockerFixture({ endpoint: { socketPath: path } });
  const { run } = await there.job(command, { image: "consumer/app:1" });
  return (await printed(run)).out;
}

await withPrivateEngines(() => {
  describe("what was exported, in a clean image store", LONG, () => {
    it("runs there: an image, by the command line", async () => {
      const args = ["--image", `web=${tag}`, "--registry", registry.host, "--prefix", "shop", "--version", "1.2"];
      const line = await moorage("image", "export", ...args);
      const [, reference = "", digest = ""] = /^web (\S+)@(sha256:\w{64})\n$/.exec(line) ?? [];
      expect(reference).toBe(`${registry.host}/shop-web:1.2`);
      for (const name of [reference, `${registry.host}/shop-web:${digest.slice(7, 19)}`]) {
        expect(await ranElsewhere(name, ["cat", "/word"])).toBe(`${word}\n`);
      }
      const again = await home.moorage(["image", "export", ...args]);
      expect(again.stderr).toContain("0 layers sent, 2 there already");
      const { items } = JSON.parse(await moorage("image", "exports", "--json")) as {
        readonly items: readonly { readonly exportId: string }[];
      };
      expect(items).toHaveLength(2);
      const log = await moorage("image", "export-log", items[0]?.exportId ?? "");
      expect(log).toContain(`Pushed ${reference}: ${digest}`);
      expect(await moorage("receipt", "verify")).toBeDefined();
    });

    it("runs there: an image and a sandbox, by the client library, beside one that fails", async () => {
      await using server = await startServer(home);
      const { sdk } = server;
      const { id } = await sdk.sandbox.create({ image: "busybox:latest", env: { DB_PASSWORD: SECRET } });
      await sdk.file.write({ id, path: "word", content: `${word} of a sandbox\n` });
      const events = await Array.fromAsync(
        sdk.image.export({
          images: { web: tag, none: "agent-env:nosuchimage" },
          sandboxes: { db: id },
          registry: registry.host,
        }),
      );
      const last = events.at(-1);
      const result: ImageExportResult | undefined = last?.type === "result" ? last.result : undefined;
      expect(Object.keys(result?.exported ?? {})).toEqual(["web", "db"]);
      expect(result?.failed["none"]?.failure).toMatchObject({ code: "NOT_FOUND" });
      const { reference = "", warnings = [] } = result?.exported["db"] ?? {};
      expect(warnings[0]).toContain("is a commit of the sandbox");
      expect(await ranElsewhere(reference, ["cat", "/workspace/word"])).toBe(`${word} of a sandbox\n`);
      const config = await runOrThrow(
        ["skopeo", "inspect", "--config", "--tls-verify=false", `docker://${reference}`],
        { deadlineMs: 60_000 },
      );
      expect(config).not.toContain(SECRET);
      expect(config).not.toContain('"moorage.');
      expect(JSON.stringify(events)).not.toContain(SECRET);
      expect(await sdk.snapshot.list({})).toMatchObject({ items: [] });
      const { items } = await sdk.image.list({});
      expect(items.map((image) => image.reference)).toEqual([tag]);
    });

    it("does not fit on a disk that is full, and leaves nothing there", async () => {
      const small = join(home.root, "small");
      await mkdir(small);
      await runOrThrow(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", small], { deadlineMs: 10_000 });
      opened.defer(async () => void (await runOrThrow(["umount", small], { deadlineMs: 10_000 })));
      const { code, stderr } = await home.moorage(["image", "export", tag, "--to", join(small, "image.tar")]);
      expect({ code, stderr }).toMatchObject({
        code: 1,
        stderr: expect.stringContaining("cannot be written to its end: the disk is full.") as string,
      });
      expect(await readdir(small)).toEqual([]);
    });
  });
});

describe("an image in a file", LONG, () => {
  it("comes back as another image, which runs", async () => {
    const file = join(home.root, "image.tar");
    await moorage("image", "export", tag, "--to", file);
    expect((await stat(file)).size).toBeGreaterThan(100_000);
    const name = (await moorage("image", "import", file, "--tag", `back-${word}`)).trim();
    opened.defer(async () => void (await home.moorage(["image", "rm", name])));
    expect(await moorage("run", "--image", name, "--", "cat", "/word")).toBe(`${word}\n`);
    const bill = JSON.parse(await moorage("image", "sbom", name)) as { readonly bomFormat: string };
    expect(bill.bomFormat).toBe("CycloneDX");
  });
});
