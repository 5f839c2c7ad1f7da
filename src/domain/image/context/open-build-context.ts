import type { ContextSource } from "../../../contracts/types.ts";
import { collect } from "../../../source/collect.ts";
import { openDirectorySource } from "../../../source/directory-source.ts";
import type { Source } from "../../../source/entry.ts";
import { ignoreRules } from "../../../source/ignore/ignore-rules.ts";
import { packTar } from "../../../source/tar/pack.ts";
import type { Call } from "../../context.ts";
import { allowedDirectory } from "../../workspace/host-directory.ts";
import type { BuildContext } from "./build-context.ts";
import { findContext } from "./find-context.ts";
import { openGit } from "./git/open-git.ts";
import { openStagedContext } from "./open-staged.ts";
import { chooseDockerfile, withDockerfile } from "./dockerfile.ts";
import { filesSource } from "./files-source.ts";
import { readIgnoreFile } from "./read-ignore-file.ts";

type Origin = { readonly source: Source; readonly commit: string | null };

/**
 * Opens what an image is built from: looks through all of it, leaves out what is to be left out, refuses what cannot be
 * built from, and settles the Dockerfile. Nothing is read in full before its size is known to be allowed.
 */
export async function openBuildContext(call: Call, given: ContextSource): Promise<BuildContext> {
  const { contextId, dockerfile } = given;
  if (contextId !== undefined) return openStagedContext(call, await findContext(call, contextId), dockerfile);
  return contextOf(call, await openOrigin(call, given), dockerfile);
}

async function openOrigin(call: Call, { files, path, git }: ContextSource): Promise<Origin> {
  const { context } = call;
  if (files !== undefined) return { source: filesSource(files, context.clock.now()), commit: null };
  if (path !== undefined) {
    const directory = await allowedDirectory(context, path, "build directory");
    return { source: await openDirectorySource(directory.path), commit: null };
  }
  if (git !== undefined) return openGit(call, git);
  throw new TypeError("A context has exactly one source.");
}

/** The context that a source is; the source goes with it. */
export async function contextOf(
  { context, signal }: Call,
  { source, commit }: Origin,
  wanted: string | undefined,
): Promise<BuildContext> {
  await using opening = new AsyncDisposableStack();
  opening.use(source);
  const found = await chooseDockerfile(source, wanted);
  const ignore = await readIgnoreFile(source, found?.path);
  const limits = context.policy.build.context;
  const rules = ignoreRules(ignore.lines);
  // Both are sent even where they are named, and so are not left out.
  const ignores = (path: string): boolean => path !== found?.path && path !== ignore.path && rules.ignores(path);
  const collected = await collect(source, { rules: { ...rules, ignores }, limits, signal });
  const { dockerfile, entries } = await withDockerfile(source, { found, ignore, collected });
  const open = opening.move();
  const { files, bytes, ignored } = collected;
  return {
    ...{ dockerfile, files, bytes, ignored, commit },
    tar: (signal) => packTar({ source, entries, signal }),
    [Symbol.asyncDispose]: () => open.disposeAsync(),
  };
}
