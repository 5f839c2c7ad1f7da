import { MoorageError } from "../../../base/errors.ts";
import type { ImageInfo } from "../../../engine/engine.ts";
import type { DomainContext } from "../../context.ts";
import { parseDockerfile } from "../dockerfile/parse-dockerfile.ts";
import { imagesOf } from "../images-of.ts";
import { refuseOthersImage } from "../own-images.ts";
import { copiedImages } from "../policy/judge-bases.ts";
import { judge } from "../policy/judge.ts";
import { isMadeHere, pullLogin } from "../registry-login.ts";
import { unrestricted } from "../../access/principal.ts";

type Prepared = {
  readonly context: DomainContext;
  /** Whose build it is. */
  readonly owner: string;
  readonly bases: readonly string[];
  readonly platform: string | undefined;
  readonly signal: AbortSignal;
  readonly tell: (line: string) => Promise<void>;
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

async function present({ context, platform, signal, tell }: Prepared, reference: string): Promise<ImageInfo> {
  const images = imagesOf(context);
  const auth = pullLogin(context, reference);
  if (platform === undefined || isMadeHere(reference)) {
    const local = await images.find(reference, signal);
    if (local !== undefined) return local;
    await tell(`Pulling ${reference}`);
    return images.ensure(reference, { auth, signal });
  }
  await tell(`Pulling ${reference} for ${platform}`);
  return images.pull(reference, { auth: await auth(signal), platform, signal });
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
