import type { OutputChunk } from "./run.ts";

/** What a sandbox's own main process has printed since a place in its output. */
export type OutputPage = {
  readonly chunks: readonly OutputChunk[];
  /** The place behind it, for the next read. Opaque; null where nothing was printed yet. */
  readonly next: string | null;
  /** True: what came right behind the place that was asked for is no longer kept. */
  readonly gap: boolean;
};
