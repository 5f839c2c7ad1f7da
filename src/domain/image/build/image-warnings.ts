import type { ImageInfo } from "../../../engine/engine.ts";
import { secretsOfImage } from "../export/secret-names.ts";
import type { Building } from "./building.ts";

type Of = Pick<Building, "context" | "final">;

/** What looks like a secret in the environment that the image has of its base; what the Dockerfile sets is judged. */
export async function inheritedSecrets({ context, final }: Of, signal: AbortSignal): Promise<readonly string[]> {
  if (isOff({ context, final }) || final?.kind !== "image" || final.reference === null) return [];
  return secretsOfImage({ context, signal }, final.reference, `base ${final.reference}`);
}

/** Whoever names root has said so; what begins with nothing has often one program and no users. */
export function rootWarnings({ context, final }: Of, { user }: Pick<ImageInfo, "user">): readonly string[] {
  if (isOff({ context, final }) || final?.kind !== "image" || user !== "") return [];
  return [
    "What runs in the image is root, since neither its last stage nor its base names a USER; `USER 10001` names another.",
  ];
}

function isOff({ context }: Of): boolean {
  return context.policy.build.dockerfile.mode === "off";
}
