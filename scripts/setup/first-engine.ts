import { ensureBaseImages, findImage } from "./base-images.ts";
import { engineEnvironment, formatEngineHost, type EngineAddress } from "./engine-http.ts";
import { engineVersion, findEngine } from "./engine-presence.ts";
import { BUBBLEWRAP } from "./needed-packages.ts";
import { ensurePackages } from "./packages.ts";
import type { Say } from "./say.ts";

/** What the first run asks of the command line; undefined members are left to its own choice. */
export interface FirstEngine {
  image: string | undefined;
  engine: "process" | undefined;
  /** What the command line needs to find the same engine. */
  env: NodeJS.ProcessEnv;
}

export interface FirstEngineOptions {
  say: Say;
  signal: AbortSignal;
}

/** Any of them runs the first program: one that is here is better than one that must be fetched. */
const FIRST_IMAGES = ["python:3.11-slim", "debian:bookworm-slim", "busybox:latest", "alpine:latest"];

/** Makes sure that one engine can work. Undefined: none can, and the reader was told what to do. */
export async function firstEngine(options: FirstEngineOptions): Promise<FirstEngine | undefined> {
  const { say, signal } = options;
  const found = await findEngine(process.env, signal);
  if (found?.presence === "answers") {
    const { address } = found;
    say.ok(`Docker Engine ${await engineVersion(address, signal)} answers at ${formatEngineHost(address)}`);
    const image = await firstImage(address, options);
    if (image !== undefined) return { image, engine: undefined, env: engineEnvironment(address) };
  }
  if (found?.presence === "denied") {
    say.line(`    an engine listens at ${formatEngineHost(found.address)}, but this user may not talk to it`);
  }
  if (!(await readyBubblewrap(options))) return undefined;
  return { image: undefined, engine: found?.presence === "answers" ? "process" : undefined, env: {} };
}

async function readyBubblewrap({ say, signal }: FirstEngineOptions): Promise<boolean> {
  if (process.platform !== "linux") {
    say.fail(
      "no Docker Engine answers, and the process engine needs Linux",
      "start Docker Desktop, and run this again",
    );
    return false;
  }
  const reason = "there is no Docker Engine to use, and the process engine needs bubblewrap";
  if (!(await ensurePackages([BUBBLEWRAP], { command: "start", reason, say, signal }))) return false;
  say.ok("bubblewrap is here");
  return true;
}

/** An image that is here, else busybox from the registry or made on this machine; undefined where there is no way. */
async function firstImage(engine: EngineAddress, { say, signal }: FirstEngineOptions): Promise<string | undefined> {
  for (const image of FIRST_IMAGES) {
    if ((await findImage(image, { engine, signal })) !== "missing") return image;
  }
  try {
    await ensureBaseImages(["busybox:latest"], { engine, say, signal, command: "start" });
    return "busybox:latest";
  } catch (error) {
    signal.throwIfAborted();
    say.warn(`there is no image to run: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}
