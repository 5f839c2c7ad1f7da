import type { SandboxCreate } from "../../contracts/types.ts";
import type { SandboxRow } from "../../store/store.ts";
import type { Call } from "../context.ts";
import { dependencyImage, planDependencies } from "../dependencies/dependency-image.ts";
import { resolveImage } from "./images.ts";

export type PlannedImage = Pick<
  SandboxRow,
  "image" | "imageDigest" | "snapshot" | "unitImage" | "dependencies" | "packageManager"
>;

/** The image that was asked for, with the dependencies on top; the digest is that of what will run. */
export async function planImage(call: Call, input: SandboxCreate): Promise<PlannedImage> {
  const { context, signal } = call;
  const byDefault = context.policy.defaultImage;
  // Looked at first: a pull is long, and a package that nothing would take needs none.
  const named = context.engine.images === undefined ? undefined : (input.image ?? byDefault);
  const wanted = planDependencies(named, input);
  const image = await resolveImage(call, { asked: input.image, byDefault }, { signal });
  const plain = { image: image?.reference ?? null, imageDigest: image?.digest ?? null, snapshot: null };
  if (wanted === undefined || image === undefined) {
    return { ...plain, unitImage: null, dependencies: [], packageManager: null };
  }
  const made = await dependencyImage(call, image, wanted);
  return {
    ...plain,
    imageDigest: made.digest,
    unitImage: made.reference,
    dependencies: [...(input.dependencies ?? [])],
    packageManager: wanted.manager,
  };
}
