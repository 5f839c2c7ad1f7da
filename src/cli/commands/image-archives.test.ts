import { execFileSync } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { MoorageError } from "../../base/errors.ts";
import { hostWith } from "../testing/platform.ts";
import { moorage } from "../testing/terminal.ts";

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), "moorage-image-cli-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const exporting = (failure?: Error) =>
  hostWith(
    {},
    {
      exportImage: async function* ({ reference }) {
        yield Buffer.from("archive of ");
        if (failure !== undefined) throw failure;
        yield await Promise.resolve(Buffer.from(reference));
      },
    },
  ).host;

const IMAGE = {
  ...{ reference: "agent-env:brought", kind: "imported" as const, digest: `sha256:${"1".repeat(64)}`, sizeBytes: 2048 },
  ...{ createdAt: "2026-01-02T03:04:05.678Z", usedAt: "2026-01-02T03:04:05.678Z", missing: false },
} as const;

describe("image export", () => {
  const run = (...more: readonly string[]) =>
    moorage(["image", "export", "agent-env:a", ...more], { host: exporting(), directory });

  test("writes the archive to a file", async () => {
    expect(await run("--to", "image.tar")).toMatchObject({
      exitCode: 0,
      stdout: "",
      stderr: "✔ Wrote agent-env:a to image.tar (22 B).\n",
    });
    expect(await readFile(join(directory, "image.tar"), "utf8")).toBe("archive of agent-env:a");
    expect(await readdir(directory)).toEqual(["image.tar"]);
  });

  test("with --json tells where it is", async () => {
    const { stdout } = await run("--to", "image.tar", "--json");
    expect(JSON.parse(stdout)).toEqual({ reference: "agent-env:a", file: join(directory, "image.tar"), bytes: 22 });
  });

  test("replaces a file that is there only with --force", async () => {
    const file = join(directory, "image.tar");
    await writeFile(file, "kept");
    const refused = await run("--to", "image.tar");
    expect(refused).toMatchObject({
      exitCode: 1,
      stderr:
        'error: "image.tar" on this host is there already.\nhint: Replace it with --force, or choose another name.\n',
    });
    expect(await readFile(file, "utf8")).toBe("kept");
    expect(await run("--to", "image.tar", "--force")).toMatchObject({ exitCode: 0 });
    expect(await readFile(file, "utf8")).toBe("archive of agent-env:a");
  });

  test("never writes through a link, nor over a directory", async () => {
    await writeFile(join(directory, "target"), "kept");
    await symlink("target", join(directory, "link"));
    expect((await run("--to", "link")).stderr).toContain("is there already");
    expect(await run("--to", "link", "--force")).toMatchObject({ exitCode: 0 });
    expect(await readFile(join(directory, "target"), "utf8")).toBe("kept");
    await mkdir(join(directory, "tree"));
    expect((await run("--to", "tree", "--force")).stderr).toContain("is a directory where a file is needed");
  });

  test("tells of a place where nothing can be written", async () => {
    expect((await run("--to", "none/image.tar")).stderr).toContain('"none/image.tar" on this host does not exist.');
    expect((await run("--to", "/proc/image.tar")).stderr).toMatch(/^error: "\/proc\/image.tar" on this host /);
    expect((await run("--to", "")).stderr).toContain('--to: expected a file of this host (got "").');
    expect((await run()).stderr).toContain("--to");
  });

  test.each([
    [["--image", "web=agent-env:a"], "--image"],
    [["--sandbox", "db=demo"], "--sandbox"],
    [["--registry", "ghcr.io/a", "--version", "1.2"], "--registry, no --version"],
  ])("refuses %j, which is for a registry, with --to", async (more, named) => {
    const seen = await run("--to", "image.tar", ...more);
    expect(seen).toMatchObject({ exitCode: 2, stdout: "" });
    expect(seen.stderr).toContain(`error: image export: expected no ${named} with --to FILE.`);
    expect(await readdir(directory)).toEqual([]);
  });

  test("that is interrupted has written nothing", async () => {
    const interruption = new AbortController();
    const { host } = hostWith(
      {},
      {
        exportImage: async function* () {
          yield await Promise.resolve(Buffer.from("archive"));
          interruption.abort("SIGINT");
          throw new MoorageError("CANCELED", "The operation was canceled by its caller.");
        },
      },
    );
    const { signal } = interruption;
    expect(
      await moorage(["image", "export", "agent-env:a", "--to", "image.tar"], { host, directory, signal }),
    ).toMatchObject({
      exitCode: 130,
      stderr: "error: The command was canceled.\nhint: Nothing was written, and the image is as it was.\n",
    });
    expect(await readdir(directory)).toEqual([]);
  });

  test("leaves nothing of an archive that broke off", async () => {
    const host = exporting(new MoorageError("ENGINE_FAILED", "Reading the image broke off."));
    const seen = await moorage(["image", "export", "agent-env:a", "--to", "image.tar"], { host, directory });
    expect(seen).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining("Reading the image broke off.") as string,
    });
    expect(await readdir(directory)).toEqual([]);
  });
});

describe("image sbom", () => {
  const bill = { document: { bomFormat: "CycloneDX" }, components: 3, warnings: ["/a tells of a package."] };
  const { host } = hostWith({ "image.sbom": () => bill });
  const run = (...more: readonly string[]) => moorage(["image", "sbom", "agent-env:a", ...more], { host, directory });

  test("writes the bill to a file", async () => {
    expect(await run("--to", "bill.json")).toMatchObject({
      exitCode: 0,
      stdout: "",
      stderr: "warning: /a tells of a package.\n✔ Wrote 3 packages to bill.json (31 B).\n",
    });
    expect(await readFile(join(directory, "bill.json"), "utf8")).toBe('{\n  "bomFormat": "CycloneDX"\n}\n');
    const told = await run("--to", "bill.json", "--force", "--json");
    const file = join(directory, "bill.json");
    expect(JSON.parse(told.stdout)).toEqual({ reference: "agent-env:a", components: 3, file, bytes: 31 });
  });

  test("takes --to and --force as an export does", async () => {
    expect((await run("--to", "")).stderr).toContain('--to: expected a file of this host (got "").');
    for (const command of [run, (...more: string[]) => moorage(["image", "export", ...more], { host, directory })]) {
      expect(await command("--force")).toMatchObject({
        exitCode: 2,
        stderr: "error: --force: expected --to FILE with it.\nhint: Name the file to replace with --to.\n",
      });
    }
  });
});

describe("image import", () => {
  const taken: { tag: string | undefined; bytes: number }[] = [];
  const { host } = hostWith(
    {},
    {
      importImage: async ({ tag }, archive) => {
        let bytes = 0;
        for await (const chunk of archive) bytes += chunk.length;
        taken.push({ tag, bytes });
        return IMAGE;
      },
    },
  );
  const run = (...argv: readonly string[]) => moorage(["image", "import", ...argv], { host, directory });
  beforeEach(() => taken.splice(0));

  test("sends the file as it is, and prints what the image is called", async () => {
    await writeFile(join(directory, "image.tar"), Buffer.alloc(1_000_000));
    expect(await run("image.tar", "--tag", "brought")).toMatchObject({
      exitCode: 0,
      stdout: "agent-env:brought\n",
      stderr: "✔ Imported image.tar (2 KiB).\n",
    });
    expect(await run("image.tar", "--json")).toMatchObject({ stdout: `${JSON.stringify(IMAGE)}\n` });
    expect(taken).toEqual([
      { tag: "brought", bytes: 1_000_000 },
      { tag: undefined, bytes: 1_000_000 },
    ]);
  });

  test("tells of a file that is not there, and of what is none", async () => {
    expect(await run("none.tar")).toMatchObject({
      exitCode: 1,
      stderr: expect.stringContaining('error: "none.tar" on this host does not exist.') as string,
    });
    execFileSync("mkfifo", [join(directory, "pipe")]);
    for (const name of [".", "pipe"]) {
      expect((await run(name)).stderr).toBe(
        `error: "${name}" on this host is no file.\nhint: Pack an OCI layout that is a directory first: \`tar -C DIRECTORY -cf image.tar .\`.\n`,
      );
    }
    expect(taken).toEqual([]);
  });
});
