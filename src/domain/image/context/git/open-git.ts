import { rm } from "node:fs/promises";
import { deadlineSignal } from "../../../../base/deadline.ts";
import type { ContextSource } from "../../../../contracts/types.ts";
import type { Source } from "../../../../source/entry.ts";
import { archiveCommit } from "../../../../source/git/archive-commit.ts";
import { copyRepository } from "../../../../source/git/copy-repository.ts";
import { commitOf, fetchRepository, makeRepository } from "../../../../source/git/fetch-repository.ts";
import type { Call } from "../../../context.ts";
import { allowedDirectory } from "../../../workspace/host-directory.ts";
import { receiveArchive } from "../receive-archive.ts";
import { makeScratchDirectory } from "../staged-file.ts";
import { reachedHost } from "./git-host.ts";
import { gitWish, type GitWish } from "./git-source.ts";

/** The files of one commit of a repository, and which commit that is. */
export async function openGit(
  call: Call,
  given: NonNullable<ContextSource["git"]>,
): Promise<{ readonly source: Source; readonly commit: string }> {
  const wish = gitWish(given);
  const { context } = call;
  const { gitTimeoutMs } = context.policy.build.context;
  const directory = await makeScratchDirectory(context);
  const signal = deadlineSignal(2 * gitTimeoutMs, call.signal);
  try {
    const commit = await (wish.protocol === "file" ? copied : fetched)(call, wish, directory);
    const tar = archiveCommit({ directory, commit, subdirectory: wish.subdirectory, signal });
    return { source: await receiveArchive(call, tar), commit };
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function fetched({ context, signal }: Call, wish: GitWish, directory: string): Promise<string> {
  const { gitTimeoutMs, gitHosts, maxBytes } = context.policy.build.context;
  const { url, protocol, ref, credentials } = wish;
  const resolved = await reachedHost(wish, gitHosts);
  const authorization = credentials === undefined ? undefined : basic(credentials);
  return fetchRepository(
    { url, shownUrl: url, ref, protocol: protocol === "http" ? "http" : "https", authorization, resolved },
    { directory, maxBytes, timeoutMs: gitTimeoutMs, signal },
  );
}

async function copied({ context, ...call }: Call, wish: GitWish, directory: string): Promise<string> {
  const { gitTimeoutMs, maxBytes } = context.policy.build.context;
  const signal = deadlineSignal(gitTimeoutMs, call.signal);
  const { path: from } = await allowedDirectory(context, wish.path, "repository");
  await makeRepository(directory, signal);
  await copyRepository({ from, to: directory, maxBytes, signal });
  return commitOf({ shownUrl: wish.url, ref: wish.ref }, { directory, ref: wish.ref, signal });
}

function basic({ user, password }: NonNullable<GitWish["credentials"]>): string {
  return `Authorization: Basic ${Buffer.from(`${user}:${password}`).toString("base64")}`;
}
