import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";

export type Update = {
  readonly root: string;
  /** Texts by their path below the root. */
  readonly files: ReadonlyMap<string, string>;
  /** True to write what differs. */
  readonly write: boolean;
};

/** The paths whose text differs from what it should be, or did until now. */
export async function updateFiles({ root, files, write }: Update): Promise<readonly string[]> {
  const stale: string[] = [];
  for (const [path, text] of files) {
    const target = join(root, path);
    if ((await textOf(target)) === text) continue;
    stale.push(path);
    if (!write) continue;
    await mkdir(dirname(target), { recursive: true });
    await writeFile(target, text);
  }
  return stale;
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}
