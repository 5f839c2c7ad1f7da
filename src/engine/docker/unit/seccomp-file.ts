import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { EngineApi } from "../api/engine-api.ts";
import { seccompProfile } from "./seccomp-profile.ts";

/** Our system call filter as a file, for an engine that takes no other; read when a container is created. */
export type SeccompFile = AsyncDisposable & {
  /** Where it lies, made when it is first asked for; undefined for an engine that does not see this host's files. */
  readonly path: () => Promise<string | undefined>;
};

export function createSeccompFile({ endpoint }: Pick<EngineApi, "endpoint">): SeccompFile {
  let directory: Promise<string> | undefined;
  return {
    path: async () => {
      if (!("socketPath" in endpoint) || process.platform !== "linux") return undefined;
      directory ??= write();
      return join(await directory, FILE);
    },
    [Symbol.asyncDispose]: async () => {
      const [written] = await Promise.allSettled([directory]);
      if (written.status === "fulfilled" && written.value !== undefined) await rm(written.value, { recursive: true });
    },
  };
}

const FILE = "seccomp.json";

async function write(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), "moorage-seccomp-"));
  await writeFile(join(directory, FILE), JSON.stringify(seccompProfile()), { mode: 0o600, flag: "wx" });
  return directory;
}
