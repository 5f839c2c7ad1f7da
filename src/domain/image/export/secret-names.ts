import type { Call } from "../../context.ts";
import { imagesOf } from "../images-of.ts";
import { isSecretName } from "../policy/judge-secrets.ts";

/** Warnings of variables that by their names are secrets, as the steps of an image set them. Values are not shown. */
export async function secretsOfImage(
  { context, signal }: Pick<Call, "context" | "signal">,
  reference: string,
  called = "image",
): Promise<readonly string[]> {
  const steps = await imagesOf(context).history(reference, signal);
  const names = steps.flatMap(({ instruction }) => {
    const set = /(?:^|#\(nop\)\s+)ENV\s+(.*)$/s.exec(instruction)?.[1] ?? "";
    return [...set.matchAll(/(?:^|\s)([A-Za-z_]\w*)=/g)].map(([, name = ""]) => name);
  });
  return secretWarnings(names, called);
}

export function secretWarnings(names: readonly string[], called = "image"): readonly string[] {
  const secrets = [...new Set(names.filter(isSecretName))];
  if (secrets.length === 0) return [];
  return [`The ${called} sets ${secrets.join(", ")}, by the name a secret: who has the image can read it.`];
}
