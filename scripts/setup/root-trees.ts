import { spawn } from "node:child_process";
import { chmod, copyFile, link, mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { PassThrough, type Readable } from "node:stream";

import { asRoot } from "./privilege.ts";
import { runOrThrow } from "./run-program.ts";

/** A directory that becomes the root of an image, as a tar stream; disposing removes the directory. */
export interface RootTree extends AsyncDisposable {
  tar(): Readable;
}

/** What a slim image leaves out, and what belongs to the machine that made it. */
const LEFT_OUT = [
  "./dev/*",
  "./etc/hostname",
  "./etc/resolv.conf",
  "./proc/*",
  "./sys/*",
  "./tmp/*",
  "./usr/share/doc/*",
  "./usr/share/info/*",
  "./usr/share/locale/*",
  "./usr/share/man/*",
  "./var/cache/apt/archives/*.deb",
  "./var/cache/apt/*.bin",
  "./var/lib/apt/lists/*",
  "./var/log/*",
];

const DPKG_SLIM = ["doc", "info", "locale", "man"].map((name) => `path-exclude=/usr/share/${name}/*\n`).join("");
const DEBOOTSTRAP_DEADLINE_MS = 600_000;

/** /var/tmp and not /tmp: a system of 300 MB does not belong in memory. */
const SCRATCH = "/var/tmp/moorage-";

/** A minimal Debian; needs root or sudo. */
export async function debianRoot(suite: string, mirror: string): Promise<RootTree> {
  const directory = await mkdtemp(`${SCRATCH}debian-`);
  const root = join(directory, "root");
  const dispose = async () => {
    await runOrThrow(asRoot(["rm", "-rf", "--one-file-system", directory]), { deadlineMs: 60_000 });
  };
  try {
    const argv = ["debootstrap", "--variant=minbase", suite, root, mirror] as const;
    await runOrThrow(asRoot(argv), { deadlineMs: DEBOOTSTRAP_DEADLINE_MS });
    await addFile(directory, join(root, "etc/apt/sources.list"), aptSources(suite, mirror));
    await addFile(directory, join(root, "etc/dpkg/dpkg.cfg.d/slim"), DPKG_SLIM);
    await addFile(directory, join(root, "etc/apt/apt.conf.d/slim"), 'Acquire::Languages "none";\n');
  } catch (error) {
    await dispose();
    throw error;
  }
  const excluded = LEFT_OUT.map((pattern) => `--exclude=${pattern}`);
  const argv = asRoot(["tar", "-c", "--one-file-system", "--numeric-owner", ...excluded, "-C", root, "."]);
  return { tar: () => streamOutput(argv), [Symbol.asyncDispose]: dispose };
}

/** A root of one static program under all its names. */
export async function busyboxRoot(program: string): Promise<RootTree> {
  const directory = await mkdtemp(`${SCRATCH}busybox-`);
  const dispose = () => rm(directory, { recursive: true, force: true });
  try {
    await chmod(directory, 0o755);
    for (const name of ["bin", "dev", "etc", "home", "proc", "root", "sys", "tmp", "usr/bin", "usr/sbin", "var/tmp"]) {
      await mkdir(join(directory, name), { recursive: true });
    }
    for (const name of ["tmp", "var/tmp"]) await chmod(join(directory, name), 0o1777);
    const first = join(directory, "bin/busybox");
    await copyFile(program, first);
    const names = (await runOrThrow([program, "--list"], { deadlineMs: 10_000 })).split("\n");
    for (const name of names) {
      if (/^[a-z0-9[_.-]+$/.test(name) && name !== "busybox") await link(first, join(directory, "bin", name));
    }
    await link(first, join(directory, "usr/bin/env"));
    const users = "root:x:0:0:root:/root:/bin/sh\nnobody:x:65534:65534:nobody:/home:/bin/false\n";
    await writeFile(join(directory, "etc/passwd"), users);
    await writeFile(join(directory, "etc/group"), "root:x:0:\nnogroup:x:65534:\n");
  } catch (error) {
    await dispose();
    throw error;
  }
  const argv = ["tar", "-c", "--owner=0", "--group=0", "--numeric-owner", "-C", directory, "."];
  return { tar: () => streamOutput(argv), [Symbol.asyncDispose]: dispose };
}

function aptSources(suite: string, mirror: string): string {
  const security = mirror.replace(/\/debian\/?$/, "/debian-security");
  return [
    `deb ${mirror} ${suite} main`,
    `deb ${mirror} ${suite}-updates main`,
    `deb ${security} ${suite}-security main`,
    "",
  ].join("\n");
}

async function addFile(scratch: string, target: string, text: string): Promise<void> {
  const source = join(scratch, "file");
  await writeFile(source, text);
  await runOrThrow(asRoot(["install", "-D", "-m", "0644", source, target]), { deadlineMs: 10_000 });
}

/** The program's output, which ends only when the program has succeeded: half a tree must not become an image. */
function streamOutput(argv: readonly string[]): Readable {
  const [file = "", ...args] = argv;
  const child = spawn(file, args, { stdio: ["ignore", "pipe", "inherit"] });
  const output = new PassThrough();
  child.stdout.pipe(output, { end: false });
  child.once("error", (error) => output.destroy(error));
  child.once("close", (code) => {
    if (code === 0) output.end();
    else output.destroy(new Error(`${argv.join(" ")} ended with ${code}`));
  });
  output.once("close", () => child.kill("SIGKILL"));
  return output;
}
