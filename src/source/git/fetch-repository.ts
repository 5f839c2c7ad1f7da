import { mkdir, readdir, stat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { sleep, throwIfCanceled } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import { formatBytes, formatDuration } from "../../base/quantities.ts";
import { repositoryError, type Asked } from "./repository-error.ts";
import { runGit, type GitCall, type GitEnd } from "./run-git.ts";

const LOOK_MS = 100;
const FETCHED = "refs/moorage/fetched";

export type RemoteRepository = Asked & {
  /** Without credentials. */
  readonly url: string;
  readonly protocol: "https" | "http";
  /** The header that says who asks; undefined: nobody. */
  readonly authorization: string | undefined;
  /** `HOST:PORT:ADDRESS` where the name was looked up before; then nothing else is reached by it. */
  readonly resolved: string | undefined;
};

export type Fetching = {
  /** An empty directory. */
  readonly directory: string;
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal | undefined;
};

/** Fetches the tree of one commit, without its history; answers the commit. */
export async function fetchRepository(repository: RemoteRepository, fetching: Fetching): Promise<string> {
  const { directory, maxBytes, timeoutMs, signal } = fetching;
  const late = AbortSignal.timeout(timeoutMs);
  const large = new AbortController();
  const ending = AbortSignal.any([late, large.signal, ...(signal === undefined ? [] : [signal])]);
  await makeRepository(directory, ending);
  const { url, ref, protocol, authorization, resolved, shownUrl } = repository;
  const settings = {
    ...(authorization === undefined ? {} : { [`http.${url}.extraHeader`]: authorization }),
    ...(resolved === undefined ? {} : { "http.curloptResolve": resolved }),
  };
  const call: GitCall = { directory, settings, protocols: [protocol], signal: ending };
  const args = [
    "fetch",
    "--quiet",
    "--depth=1",
    "--no-tags",
    "--no-recurse-submodules",
    "--",
    url,
    `+${ref}:${FETCHED}`,
  ];
  const watching = new AbortController();
  const watched = watchSize(directory, maxBytes, { stop: watching.signal, large });
  let end: GitEnd;
  try {
    end = await runGit(args, call);
  } finally {
    watching.abort();
    await watched;
  }
  throwIfCanceled(signal);
  if (large.signal.aborted) throw tooLarge(shownUrl, maxBytes);
  if (late.aborted) throw tooSlow(shownUrl, timeoutMs);
  if (end.exitCode !== 0) throw repositoryError(repository, end.said);
  return commitOf(repository, { directory, ref: FETCHED, signal: ending });
}

/** An empty repository, whose attributes give every file as it is. */
export async function makeRepository(directory: string, signal: AbortSignal): Promise<void> {
  const made = await runGit(["init", "--quiet", "--bare", "--template=", "."], { directory, signal });
  if (made.exitCode !== 0)
    throw new MoorageError("STATE_UNUSABLE", `No repository can be made in ${directory}: ${made.said}`);
  await mkdir(join(directory, "info"), { recursive: true });
  await writeFile(join(directory, "info/attributes"), "* -export-ignore -export-subst\n");
}

/** The commit that a name stands for. */
export async function commitOf(
  asked: Asked,
  { directory, ref, signal }: { readonly directory: string; readonly ref: string; readonly signal: AbortSignal },
): Promise<string> {
  const chunks: Uint8Array[] = [];
  const args = ["rev-parse", "--verify", "--quiet", "--end-of-options", `${ref}^{commit}`];
  const end = await runGit(args, { directory, signal }, (chunk) => void chunks.push(chunk));
  if (end.exitCode !== 0) throw repositoryError(asked, "fatal: Not a valid object name");
  return Buffer.concat(chunks).toString("latin1").trim();
}

type Watch = { readonly stop: AbortSignal; readonly large: AbortController };

/** Git has no bound for what it takes: what has come by now is looked at. */
async function watchSize(directory: string, maxBytes: number, { stop, large }: Watch): Promise<void> {
  while (!stop.aborted) {
    if ((await sizeOf(join(directory, "objects/pack"))) > maxBytes) return large.abort();
    await sleep(LOOK_MS, stop);
  }
}

async function sizeOf(directory: string): Promise<number> {
  const names = await readdir(directory).catch(() => []);
  const sizes = await Promise.all(
    names.map((name) =>
      stat(join(directory, name)).then(
        ({ size }) => size,
        () => 0,
      ),
    ),
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

function tooLarge(shownUrl: string, maxBytes: number): MoorageError {
  const message = `The repository ${shownUrl} has more than ${formatBytes(maxBytes)} at this commit.`;
  return new MoorageError("LIMIT_EXCEEDED", message, {
    hint: "Stage the part that the image needs by a directory, or raise build.context.maxBytes in moorage.config.json.",
    details: { maxBytes },
  });
}

function tooSlow(shownUrl: string, timeoutMs: number): MoorageError {
  const message = `The repository ${shownUrl} did not come within ${formatDuration(timeoutMs)}.`;
  return new MoorageError("REPOSITORY_UNAVAILABLE", message, {
    hint: "Try again later, or raise build.context.gitTimeoutMs in moorage.config.json.",
    details: { timeoutMs },
  });
}
