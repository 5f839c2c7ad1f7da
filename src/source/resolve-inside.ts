/** Where the link at a path leads; undefined where there is none. */
export type LinkAt = (path: string) => Promise<string | undefined> | string | undefined;

/** As the kernel has it. */
const MAX_LINKS = 40;

/** Where a path leads, all links on the way followed; undefined where they lead out of the root, or in a circle. */
export async function resolveInside(path: string, linkAt: LinkAt): Promise<string | undefined> {
  const left = partsOf(path);
  const done: string[] = [];
  let links = 0;
  for (let part = left.shift(); part !== undefined; part = left.shift()) {
    if (part === "..") {
      if (done.pop() === undefined) return undefined;
      continue;
    }
    const target = await linkAt([...done, part].join("/"));
    if (target === undefined) {
      done.push(part);
      continue;
    }
    links += 1;
    if (target.startsWith("/") || links > MAX_LINKS) return undefined;
    left.unshift(...partsOf(target));
  }
  return done.join("/");
}

function partsOf(path: string): string[] {
  return path.split("/").filter((part) => part !== "" && part !== ".");
}
