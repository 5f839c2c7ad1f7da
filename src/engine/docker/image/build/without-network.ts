import { newId } from "../../../../base/ids.ts";
import type { BuildEvent } from "../../../engine.ts";
import { unitName } from "../../unit/container-spec.ts";
import type { ImagesContext } from "../images-context.ts";
import { attemptBuild, type Attempt, type Counts } from "./attempt-build.ts";

/**
 * Builds with the name of a network that there is not: the engine starts no container on it, so that only a build comes
 * to its end whose steps run nothing or are in the cache. Undefined where it did not, and then nothing of it is told.
 */
export async function buildWithoutNetwork(
  context: ImagesContext,
  { spec, options, made }: Omit<Attempt, "place">,
): Promise<Counts | undefined> {
  const { signal } = options;
  const events: BuildEvent[] = [];
  const outcome = await attemptBuild(context, {
    ...{ spec, made },
    options: { ...options, onEvent: (event) => void events.push(event) },
    place: { network: unitName(newId()), signal },
    startsNothing: true,
  });
  if (outcome.failed) return undefined;
  for (const event of events) await options.onEvent?.(event);
  return outcome.counts;
}
