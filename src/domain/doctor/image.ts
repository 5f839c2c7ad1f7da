import { deadlineSignal } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";
import { formatBytes } from "../../base/quantities.ts";
import type { Finding } from "../../contracts/types.ts";
import type { ImageInfo, ImageStore } from "../../engine/engine.ts";
import type { Call } from "../context.ts";
import { pullLogin } from "../image/registry-login.ts";
import { finding, ok } from "./finding.ts";

const PULL_MS = 300_000;

/** The image of sandboxes that name none; it is pulled when it is missing, as the first run would do. */
export async function checkImage(call: Call): Promise<Finding> {
  const { engine, policy } = call.context;
  const { images } = engine;
  if (images === undefined) {
    return ok("image", `The ${engine.name} engine needs none: it runs this machine's own programs.`);
  }
  return finding("image", call.signal, async () => {
    const there = await images.find(policy.defaultImage, call.signal);
    if (there !== undefined) return ok("image", `${described(there)} is on this engine.`);
    return ok("image", `${described(await pull(call, images))} was missing and has been pulled.`);
  });
}

async function pull({ context, signal }: Call, images: ImageStore): Promise<ImageInfo> {
  const reference = context.policy.defaultImage;
  const pulling = deadlineSignal(PULL_MS, signal);
  try {
    return await images.ensure(reference, { auth: pullLogin(context, reference), signal: pulling });
  } catch (error) {
    if (!pulling.aborted || signal?.aborted === true) throw error;
    throw new MoorageError("IMAGE_UNAVAILABLE", `${reference} was not pulled within ${PULL_MS / 1000} s.`, {
      cause: error,
    });
  }
}

function described({ reference, sizeBytes, digest }: ImageInfo): string {
  return `${reference} (${formatBytes(sizeBytes)}, ${digest})`;
}
