import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

const DEFAULT_MIRROR = "http://deb.debian.org/debian";

/** The Debian mirror that this machine uses, so that images are made from where packages can be had. */
export async function debianMirror(aptDirectory = "/etc/apt"): Promise<string> {
  const parts = await readdir(join(aptDirectory, "sources.list.d")).catch((): string[] => []);
  const files = ["sources.list", ...parts.toSorted().map((name) => join("sources.list.d", name))];
  for (const file of files) {
    const mirror = mirrorOf(await readFile(join(aptDirectory, file), "utf8").catch(() => ""));
    if (mirror !== undefined) return mirror;
  }
  return DEFAULT_MIRROR;
}

/** The first mirror of Debian itself in a list of sources. A slim image has no authorities yet, so only plain http. */
export function mirrorOf(sources: string): string | undefined {
  const lines = sources.split("\n").filter((line) => /^\s*(?:deb\s|URIs:)/.test(line));
  return lines.map((line) => /\bhttp:\/\/\S+\/debian(?=\/?(?:\s|$))/.exec(line)?.[0]).find((url) => url !== undefined);
}
