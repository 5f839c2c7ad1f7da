import { deadlineSignal, sleep, throwIfCanceled } from "../../../../base/deadline.ts";
import { MoorageError } from "../../../../base/errors.ts";
import { newId } from "../../../../base/ids.ts";
import { answerOf } from "../../api/api-errors.ts";
import type { Enforcer } from "../../network/enforcer.ts";
import { LONGEST_BUILD_MS } from "../../network/unit-networks.ts";
import { unitName } from "../../unit/container-spec.ts";
import type { ImagesContext } from "../images-context.ts";

/** A canceled build's container holds on to the bridge until the engine has ended it. */
const RELEASE_MS = 15_000;
const LOOK_MS = 200;

/** Where the steps of a build run: a network's name, undefined for the engine's own; and until when. */
export type BuildPlace = { readonly network: string | undefined; readonly signal: AbortSignal | undefined };

/** Does the work of a build with a bridge of its own that keeps the policy `open`, and takes the bridge away again. */
export async function onOpenBridge<T>(
  context: ImagesContext,
  signal: AbortSignal | undefined,
  work: (place: BuildPlace) => Promise<T>,
): Promise<T> {
  throwIfCanceled(signal);
  const id = newId();
  const deadline = deadlineSignal(LONGEST_BUILD_MS, signal);
  try {
    await context.networks.ensure({ id, kind: "job", network: "open", forBuild: true });
    return await work({ network: unitName(id), signal: deadline });
  } catch (error) {
    if (deadline.aborted && signal?.aborted !== true) throw tooLong(error);
    throw error;
  } finally {
    await removeBridge(context, id);
  }
}

/**
 * ENGINE_UNSUPPORTED where the policy `open` cannot be kept: installers of others never run on the bridge that everybody
 * shares.
 */
export async function requireOpen({ enforcement }: Enforcer): Promise<void> {
  const verdict = await enforcement("open");
  if (verdict.enforced) return;
  const message = `A build with network runs under the network policy "open", which cannot be enforced by the docker engine: ${verdict.reason}.`;
  throw new MoorageError("ENGINE_UNSUPPORTED", message, {
    hint: `${verdict.fix} Or name an image that has what the build would install.`,
  });
}

/** One that stays is found by the cleanup once no build can be using it any more. */
async function removeBridge({ networks, logger }: ImagesContext, id: string): Promise<void> {
  const begin = performance.now();
  for (;;) {
    try {
      return await networks.remove(id);
    } catch (error) {
      if (answerOf(error)?.status !== 403 || performance.now() - begin > RELEASE_MS) {
        return logger.warn({ err: error, network: unitName(id) }, "the bridge of a build could not be removed");
      }
    }
    await sleep(LOOK_MS);
  }
}

function tooLong(cause: unknown): MoorageError {
  const message = `The build did not end within ${LONGEST_BUILD_MS / 60_000} minutes.`;
  return new MoorageError("ENGINE_TIMEOUT", message, { details: { timeoutMs: LONGEST_BUILD_MS }, cause });
}
