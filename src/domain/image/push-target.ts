import { MoorageError } from "../../base/errors.ts";
import { parseImageReference } from "../../base/image-reference.ts";

/** What Moorage makes has these names on engines, and others may count on them. */
const RESERVED = /^(?:agent-env|moorage-[^/]*)$/;

/** Where an image may be pushed to, spelled as engines do; INVALID_INPUT for a name that only Moorage gives. */
export function pushTarget(reference: string): string {
  const { repository, whole } = parseImageReference(reference);
  if (!RESERVED.test(repository)) return whole;
  throw new MoorageError("INVALID_INPUT", `Nothing can be pushed to ${whole}: only Moorage gives names such as this.`, {
    hint: "Name the registry and the path where it should go, such as registry.example/team/app:1.",
  });
}
