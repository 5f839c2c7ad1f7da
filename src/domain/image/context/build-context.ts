import type { ContextDockerfile } from "../../../contracts/types.ts";
import type { Collected } from "../../../source/collect.ts";

/** What an image is built from. Whoever opened it disposes of it. */
export type BuildContext = AsyncDisposable &
  Pick<Collected, "files" | "bytes" | "ignored"> & {
    /** The Dockerfile that is judged and built: `tar` has these very bytes under this path. */
    readonly dockerfile: ContextDockerfile;
    /** Of a Git repository: the commit that it is. */
    readonly commit: string | null;
    /** The archive for the engine, made anew at each call: an attempt may be repeated. */
    readonly tar: (signal?: AbortSignal) => AsyncIterable<Uint8Array>;
  };
