import type { Source } from "../../../source/entry.ts";
import { archiveSource } from "../../../source/tar/archive-source.ts";
import { inflated } from "../../../source/tar/inflated.ts";
import { receiveTar } from "../../../source/tar/receive-tar.ts";
import type { Call } from "../../context.ts";
import { openScratch, unusable } from "./staged-file.ts";

/** Of headers, and of what fills up blocks, beside the contents. */
const OVERHEAD_BYTES = 512 * 1024 * 1024;

/** Takes an archive as it comes, its contents on the disk of the state for as long as its source is open. */
export async function receiveArchive({ context, signal }: Call, tar: AsyncIterable<Uint8Array>): Promise<Source> {
  const limits = context.policy.build.context;
  const into = await openScratch(context);
  try {
    const entries = await receiveTar(inflated(tar, limits.maxBytes + OVERHEAD_BYTES), { into, limits, signal });
    return archiveSource(entries, into);
  } catch (error) {
    await into.close();
    throw unusable(context.stateDirectory, error);
  }
}
