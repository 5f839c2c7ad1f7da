import type { ImageBuild } from "../../../contracts/types.ts";
import type { Policy } from "../../policy.ts";
import type { BuildContext } from "../context/build-context.ts";
import type { Dockerfile } from "../dockerfile/dockerfile.ts";

/** A context that is sent again sooner than a network is made and removed. */
const SMALL_BYTES = 16 * 1024 * 1024;
const SMALL_FILES = 1000;

type Build = {
  readonly input: ImageBuild;
  readonly policy: Policy["build"]["dockerfile"];
  readonly dockerfile: Dockerfile;
  readonly source: Pick<BuildContext, "files" | "bytes">;
};

/** Whether a build is begun without a network: it runs nothing, or may be in the cache and is begun again at little cost. */
export function networkIfNeeded({ input, policy, dockerfile, source }: Build): boolean {
  const names = new Set(dockerfile.instructions.map(({ name }) => name));
  if (!names.has("RUN")) return true;
  if (input.noCache === true) return false;
  const fetches = names.has("ADD") && policy.allowAddUrl;
  return !fetches && source.bytes <= SMALL_BYTES && source.files <= SMALL_FILES;
}
