import { MoorageError } from "../../base/errors.ts";
import { runGit } from "./run-git.ts";

export type Archiving = {
  readonly directory: string;
  readonly commit: string;
  /** The directory that is archived; undefined: all. */
  readonly subdirectory: string | undefined;
  readonly signal: AbortSignal;
};

/** The files of a commit as a tar archive. INVALID_INPUT where it has no such subdirectory. */
export async function* archiveCommit(archiving: Archiving): AsyncGenerator<Uint8Array, void, undefined> {
  const { directory, commit, subdirectory, signal } = archiving;
  const ending = new AbortController();
  const stream = new TransformStream<Uint8Array, Uint8Array>();
  const writer = stream.writable.getWriter();
  const tree = subdirectory === undefined ? commit : `${commit}:${subdirectory}`;
  const running = runGit(
    ["archive", "--format=tar", tree],
    { directory, signal: AbortSignal.any([signal, ending.signal]) },
    (chunk) => writer.write(chunk),
  ).then(
    async (end) => {
      await writer.close();
      return end;
    },
    async (error: unknown) => {
      await writer.abort(error);
      throw error;
    },
  );
  running.catch(() => undefined);
  try {
    yield* stream.readable;
    const { exitCode } = await running;
    if (exitCode !== 0) throw noDirectory(subdirectory);
  } finally {
    ending.abort();
  }
}

function noDirectory(subdirectory: string | undefined): MoorageError {
  const what = subdirectory === undefined ? "its files" : `the directory ${JSON.stringify(subdirectory)}`;
  return new MoorageError("INVALID_INPUT", `Git cannot give ${what} of this commit.`, {
    hint: "Check the spelling of the subdirectory; it is named from the repository's root.",
  });
}
