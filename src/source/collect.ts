import { throwIfCanceled } from "../base/deadline.ts";
import { MoorageError } from "../base/errors.ts";
import { formatBytes } from "../base/quantities.ts";
import type { Entry, Found, Misfit, Source } from "./entry.ts";
import type { IgnoreRules } from "./ignore/ignore-rules.ts";
import { resolveInside } from "./resolve-inside.ts";

export type Limits = {
  readonly maxFiles: number;
  /** Of all contents together. */
  readonly maxBytes: number;
  readonly maxFileBytes: number;
};

export type Collected = {
  readonly entries: readonly Entry[];
  readonly files: number;
  readonly bytes: number;
  readonly ignored: Ignored;
};

export type Ignored = {
  /** What is in a directory that is left out whole is not counted. */
  readonly count: number;
  /** The first ones; a directory ends with "/". */
  readonly examples: readonly string[];
};

type Wish = { readonly rules: IgnoreRules; readonly limits: Limits; readonly signal?: AbortSignal | undefined };

const MOST_EXAMPLES = 10;
const MOST_TOLD = 10;
/** So many times too many, and nobody needs to know how many exactly. */
const PATIENCE = 4;

/**
 * What of a source goes to a builder. LIMIT_EXCEEDED with the largest parts where it is too much; INVALID_INPUT with
 * their names where it has links that lead out, devices, or names that are not UTF-8.
 */
export async function collect(source: Source, { rules, limits, signal }: Wish): Promise<Collected> {
  const entries: Entry[] = [];
  const misfits: Misfit[] = [];
  const ignored = { count: 0, examples: [] as string[] };
  let counted = 0;
  const enters = (path: string): boolean => !rules.ignores(path) || rules.keepsBelow(path);
  for await (const found of source.walk({ enters, signal })) {
    throwIfCanceled(signal);
    if (rules.ignores(found.path)) {
      if (found.type === "directory" && rules.keepsBelow(found.path)) continue;
      ignored.count += 1;
      if (ignored.examples.length < MOST_EXAMPLES) ignored.examples.push(toldPath(found));
    } else if (found.type === "misfit") misfits.push(found);
    else entries.push(found);
    counted += 1;
    if (entries.length > limits.maxFiles * PATIENCE || counted > limits.maxFiles * PATIENCE * PATIENCE) break;
  }
  const { files, bytes } = measured(entries);
  refuseTooMuch({ entries, files, bytes }, limits);
  refuseMisfits([...misfits, ...(await wrongLinks(entries))]);
  return { entries, files, bytes, ignored };
}

function toldPath({ path, type }: Found): string {
  return type === "directory" ? `${path}/` : path;
}

function measured(entries: readonly Entry[]): { readonly files: number; readonly bytes: number } {
  let bytes = 0;
  let files = 0;
  for (const entry of entries) {
    if (entry.type !== "directory") files += 1;
    if (entry.type === "file") bytes += entry.sizeBytes;
  }
  return { files, bytes };
}

async function wrongLinks(entries: readonly Entry[]): Promise<Misfit[]> {
  const links = new Map<string, string>();
  for (const entry of entries) if (entry.type === "symlink") links.set(entry.path, entry.target);
  const wrong: Misfit[] = [];
  for (const [path, target] of links) {
    if (isPlain(target) && (await resolveInside(path, (at) => links.get(at))) !== undefined) continue;
    wrong.push({ type: "misfit", path, reason: `is a link to ${JSON.stringify(target)}, which leads out of it` });
  }
  return wrong;
}

function isPlain(target: string): boolean {
  return target !== "" && !target.includes("\uFFFD");
}

function refuseMisfits(misfits: readonly Misfit[]): void {
  if (misfits.length === 0) return;
  const told = misfits.slice(0, MOST_TOLD).map(({ path, reason }) => `${JSON.stringify(path)} ${reason}`);
  const more = misfits.length > told.length ? [`and ${misfits.length - told.length} more`] : [];
  const message = `The build context has what no image can be built from: ${[...told, ...more].join("; ")}.`;
  throw new MoorageError("INVALID_INPUT", message, {
    hint: "Remove it, make a link relative to where it is, or leave it out by a line in `.dockerignore`.",
    details: { paths: misfits.map(({ path }) => path).slice(0, 100) },
  });
}

type Size = Pick<Collected, "entries" | "files" | "bytes">;

function refuseTooMuch({ entries, files, bytes }: Size, { maxFiles, maxBytes, maxFileBytes }: Limits): void {
  if (entries.length > maxFiles) {
    const count = entries.length > maxFiles * PATIENCE ? `more than ${maxFiles * PATIENCE}` : String(entries.length);
    const problem = `has ${count} files and directories; at most ${maxFiles} are allowed`;
    throw tooMuch(problem, { largest: mostEntries(entries), cap: { maxFiles } });
  }
  const large = entries.filter((entry) => entry.type === "file").toSorted((a, b) => b.sizeBytes - a.sizeBytes);
  const largest = large.slice(0, 5).map(({ path, sizeBytes }) => `${path} (${formatBytes(sizeBytes)})`);
  const first = large[0];
  if (first !== undefined && first.sizeBytes > maxFileBytes) {
    const problem = `has a file of ${formatBytes(first.sizeBytes)}; at most ${formatBytes(maxFileBytes)} are allowed`;
    throw tooMuch(problem, { largest, cap: { maxFileBytes } });
  }
  if (bytes > maxBytes) {
    const problem = `has ${formatBytes(bytes)} in ${files} files; at most ${formatBytes(maxBytes)} are allowed`;
    throw tooMuch(problem, { largest, cap: { maxBytes } });
  }
}

function tooMuch(
  problem: string,
  { largest, cap }: { readonly largest: readonly string[]; readonly cap: Readonly<Record<string, number>> },
): MoorageError {
  const [name] = Object.keys(cap);
  return new MoorageError("LIMIT_EXCEEDED", `The build context ${problem}. Largest: ${largest.join(", ")}.`, {
    hint: `Leave out what the image does not need by lines in \`.dockerignore\`, or raise build.context.${name} in moorage.config.json.`,
    details: { ...cap, largest: [...largest] },
  });
}

/** The directories directly in the root that have the most in them. */
function mostEntries(entries: readonly Entry[]): string[] {
  const counts = new Map<string, number>();
  for (const { path } of entries) {
    const at = path.indexOf("/");
    const top = at === -1 ? "." : `${path.slice(0, at)}/`;
    counts.set(top, (counts.get(top) ?? 0) + 1);
  }
  const most = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, 5);
  return most.map(([top, count]) => `${top} (${count})`);
}
