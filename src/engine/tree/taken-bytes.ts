import { spawn } from "node:child_process";

const BLOCK_BYTES = 1024;
/** A line for each path is all that it prints. */
const MAX_PRINTED = 64 * 1024;

/**
 * What each directory of this host takes on its own file system, in bytes of whole blocks, and null where it cannot be
 * told. By `du`, which follows no link and works beside this process: a tree of a million files holds nobody up. What is
 * changed while it counts is counted as it was or as it is.
 */
export async function takenBytes(paths: readonly string[], signal?: AbortSignal): Promise<readonly (number | null)[]> {
  if (paths.length === 0) return [];
  const printed = await countedBlocks(paths, signal);
  const blocks = new Map(
    printed.split("\n").map((line) => [line.slice(line.indexOf("\t") + 1), Number.parseInt(line)]),
  );
  return paths.map((path) => {
    const count = blocks.get(path);
    return count === undefined || Number.isNaN(count) ? null : count * BLOCK_BYTES;
  });
}

/** Nothing where there is no such program, or nobody waits any longer. */
function countedBlocks(paths: readonly string[], signal: AbortSignal | undefined): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  // A file system that is mounted inside is somebody else's; what it says of files that have gone meanwhile is nobody's.
  const du = spawn("du", ["-skx", "--", ...paths], { stdio: ["ignore", "pipe", "ignore"], signal });
  let printed = "";
  // First, for one that could not be started has no output to read.
  du.on("error", () => resolve(""));
  du.on("close", () => resolve(printed));
  du.stdout?.setEncoding("utf8").on("data", (text: string) => {
    if (printed.length < MAX_PRINTED) printed += text;
  });
  return promise;
}
