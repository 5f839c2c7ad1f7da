import type { BuildArgs, ImageChecked } from "../../contracts/types.ts";
import type { Call } from "../context.ts";
import { parseDockerfile } from "./dockerfile/parse-dockerfile.ts";
import { judge } from "./policy/judge.ts";

type Wish = { readonly dockerfile: string; readonly buildArgs?: BuildArgs | undefined };

/** Judges a Dockerfile; nothing is built, and no engine is asked. */
export async function checkImage({ context }: Call, { dockerfile, buildArgs = {} }: Wish): Promise<ImageChecked> {
  return judge(parseDockerfile(dockerfile), { policy: context.policy.build.dockerfile, buildArgs });
}
