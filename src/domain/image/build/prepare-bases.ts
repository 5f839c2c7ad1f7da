import { sleep, throwIfCanceled } from "../../../base/deadline.ts";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import type { BuildEvent, ImageInfo } from "../../../engine/engine.ts";
import type { DomainContext } from "../../context.ts";
import { parseDockerfile } from "../dockerfile/parse-dockerfile.ts";
import { imagesOf } from "../images-of.ts";
import { refuseOthersImage } from "../own-images.ts";
import { copiedImages } from "../policy/judge-bases.ts";
import { judge } from "../policy/judge.ts";
import { isMadeHere, pullLogin } from "../registry-login.ts";
import { unrestricted } from "../../access/principal.ts";

/** Between the attempts to get a base. */
const RETRY_MS = [1000, 4000];

type Prepared = {
  readonly context: DomainContext;
  /** Whose build it is. */
  readonly owner: string;
  readonly bases: readonly string[];
  readonly platform: string | undefined;
  readonly signal: AbortSignal;
  readonly tell: (event: BuildEvent) => Promise<void>;
};

/**
 * Gets what the stages begin with, so that the builder finds it here, and answers it. Judges what it would add to the
 * build: the ONBUILD of a base runs as if it stood in the Dockerfile, and nobody who reads that sees it.
 */
export async function prepareBases(prepared: Prepared): Promise<readonly ImageInfo[]> {
  const images: ImageInfo[] = [];
  for (const reference of prepared.bases) {
    const image = await present(prepared, reference);
    // A push of somebody else's may have lent this name since the build began.
    await refuseOthersImage(owning(prepared), reference);
    await judgeTriggers(prepared, image);
    images.push(image);
  }
  return images;
}

async function present(prepared: Prepared, reference: string): Promise<ImageInfo> {
  const { context, platform, signal, tell } = prepared;
  const images = imagesOf(context);
  const auth = pullLogin(context, reference);
  if (platform === undefined || isMadeHere(reference)) {
    const local = await images.find(reference, signal);
    if (local !== undefined) return local;
    await tell(output(`Pulling ${reference}`));
    return persistently(prepared, () => images.ensure(reference, { auth, signal }));
  }
  await tell(output(`Pulling ${reference} for ${platform}`));
  return persistently(prepared, async () => images.pull(reference, { auth: await auth(signal), platform, signal }));
}

function output(line: string): BuildEvent {
  return { type: "output", lines: [line] };
}

/** Tries again what failed for a reason that may pass, as an engine does with a build. */
async function persistently<T>({ signal, tell }: Prepared, work: () => Promise<T>): Promise<T> {
  for (const pauseMs of RETRY_MS) {
    try {
      return await work();
    } catch (error) {
      if (!isMoorageError(error) || error.code !== "IMAGE_UNAVAILABLE") throw error;
      await tell({ type: "retry", reason: error.message, pauseMs });
    }
    await sleep(pauseMs, signal);
    throwIfCanceled(signal);
  }
  return work();
}

function owning({ context, owner }: Prepared) {
  return { context, principal: unrestricted(owner) };
}

async function judgeTriggers(prepared: Prepared, { reference, triggers }: ImageInfo): Promise<void> {
  if (triggers.length === 0) return;
  const added = parseDockerfile(["FROM scratch", ...triggers, ""].join("\n"));
  for (const image of copiedImages(added)) await refuseOthersImage(owning(prepared), image);
  const { findings } = judge(added, { policy: prepared.context.policy.build.dockerfile, buildArgs: {} });
  const first = findings.find(({ severity }) => severity === "error");
  if (first === undefined) return;
  const message = `The image ${reference} adds to each build on it, by ONBUILD, what must not be built: ${first.rule}: ${first.message}`;
  throw new MoorageError("IMAGE_BUILD_REFUSED", message, { hint: "Begin with another image.", details: { findings } });
}
