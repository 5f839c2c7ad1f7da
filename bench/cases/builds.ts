import { spawn } from "node:child_process";
import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join } from "node:path";
import { compare, comparison, type Contender } from "../compare.ts";
import { startServer } from "../server.ts";
import { IMAGE, type BenchCase, type BenchContext } from "./bench.ts";

const FILES = 10_000;
const FILE_BYTES = 20_000;
const IN_DIRECTORY = 100;
const ROUNDS = 5;
const MAX_GROWTH_MIB = 100;

/** Contexts of many files, and builds from the cache, beside `tar | docker build` with the same builder. */
export const builds: BenchCase = {
  name: "builds",
  run: async (context) => {
    // The server allows directories below the home directory.
    const root = await mkdtemp(join(homedir(), ".moorage-bench-"));
    try {
      const [small, large] = [join(root, "small"), join(root, "large")];
      await writeSmall(small);
      await writeLarge(large);
      const memory = await firstLarge(join(context.home, "builds"), { small, large });
      return [await largeContext(context, large), memory, await fromCache(context, small)];
    } finally {
      await context.server.platform.image.prune({ unusedMs: 0 });
      await rm(root, { recursive: true, force: true });
    }
  },
};

async function writeSmall(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  const steps = Array.from({ length: 10 }, (_none, index) => `RUN echo ${index} > /step-${index}`);
  await writeFile(join(directory, "Dockerfile"), [`FROM ${IMAGE}`, ...steps, ""].join("\n"));
}

/** One small file of it is copied, so that reading, packing and sending are what takes the time. */
async function writeLarge(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true });
  for (let index = 0; index < FILES; index += 1) {
    const into = join(directory, `d${Math.floor(index / IN_DIRECTORY)}`);
    if (index % IN_DIRECTORY === 0) await mkdir(into);
    await writeFile(join(into, `f${index}`), randomBytes(FILE_BYTES));
  }
  await writeFile(join(directory, "Dockerfile"), `FROM ${IMAGE}\nCOPY d0/f0 /\n`);
}

async function largeContext({ server }: BenchContext, directory: string) {
  const contenders = [ours(server.platform, directory, "large"), plain(directory, "large")] as const;
  const wish = { rounds: ROUNDS, goal: { ratio: 1.3 } };
  return compare(`build with a context of ${FILES} files, 200 MB`, contenders, wish);
}

/** In a server of its own: what has sent a large context before may hold memory that it sends the next one with. */
async function firstLarge(home: string, { small, large }: { readonly small: string; readonly large: string }) {
  await using server = await startServer(home);
  await ours(server.platform, small, "first").run();
  const before = await server.memory();
  const peak = await server.peakDuring(() => ours(server.platform, large, "first").run());
  await server.platform.image.prune({ unusedMs: 0 });
  return comparison(
    "memory of a server, MiB",
    [
      { name: "while it sends its first large context", times: [peak] },
      { name: "after a small one", times: [before] },
    ],
    { above: MAX_GROWTH_MIB },
  );
}

async function fromCache({ server }: BenchContext, directory: string) {
  const contenders = [ours(server.platform, directory, "small"), plain(directory, "small")] as const;
  return compare("the same build once more, from the cache", contenders, { rounds: 20, goal: { ratio: 1.2 } });
}

function ours(platform: BenchContext["server"]["platform"], path: string, name: string): Contender {
  return {
    name: "image.build",
    run: async () => {
      const last = (await Array.fromAsync(platform.image.build({ path, tag: `bench-${name}` }))).at(-1);
      if (last?.type !== "result") throw new Error("The build has no result.");
    },
  };
}

function plain(directory: string, name: string): Contender {
  const script = `tar -c -C "$0" . | docker build -q -t moorage-bench/${name} -`;
  return {
    name: "tar | docker build",
    run: async () => {
      const env = { ...process.env, DOCKER_BUILDKIT: "0" };
      const child = spawn("sh", ["-c", script, directory], { stdio: "ignore", env });
      const [code] = (await once(child, "exit")) as [number | null];
      if (code !== 0) throw new Error(`docker build ended with ${code}.`);
    },
  };
}
