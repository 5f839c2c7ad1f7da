import { z } from "zod";
import type { Logger } from "../../../../base/logger.ts";
import type { EngineApi } from "../../api/engine-api.ts";

const NamelessReply = z.object({
  Id: z.string(),
  Created: z.string(),
  RepoTags: z.array(z.string()).nullish(),
});

/**
 * Of the images that a build's steps are said to have made, those that are nameless and younger than the build: its
 * cache, in full ids. A step may print any id, and what is older or has a name is not of this build.
 */
export async function leftImages(
  { api, logger }: { readonly api: EngineApi; readonly logger: Logger },
  claimed: readonly string[],
  since: Date,
): Promise<readonly string[]> {
  const left: string[] = [];
  try {
    for (const id of claimed) {
      const image = await api.find({ method: "GET", path: `/images/${id}/json` }, NamelessReply);
      if (image === undefined || (image.RepoTags ?? []).length > 0) continue;
      if (Date.parse(image.Created) >= since.getTime()) left.push(image.Id);
    }
  } catch (error) {
    logger.warn({ err: error }, "what a build left as cache could not be looked up");
  }
  return left;
}
