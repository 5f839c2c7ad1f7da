import { readdir, readFile } from "node:fs/promises";

const CLOSE_ON_EXEC = 0o2000000;
const STANDARD = 2;

/**
 * Descriptors that this process was started with and that every child of it would get too. Node closes the first few by
 * itself, not those with high numbers; a program in a sandbox must not find them.
 */
export async function inheritedDescriptors(): Promise<readonly number[]> {
  const inherited: number[] = [];
  for (const name of await readdir("/proc/self/fdinfo")) {
    const descriptor = Number(name);
    // A descriptor of the listing itself is closed again by now.
    const info = await readFile(`/proc/self/fdinfo/${name}`, "utf8").catch(() => "");
    const flags = /^flags:\s*([0-7]+)$/m.exec(info)?.[1];
    if (descriptor > STANDARD && flags !== undefined && (Number.parseInt(flags, 8) & CLOSE_ON_EXEC) === 0) {
      inherited.push(descriptor);
    }
  }
  return inherited;
}
