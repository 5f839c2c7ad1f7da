import { sha256 } from "../../base/sha256.ts";
import type { ImageInfo } from "../../engine/engine.ts";
import type { DomainContext } from "../context.ts";
import { resolveImage } from "../sandbox/images.ts";

/** Small enough to make on the spot: a shell, certificates, curl, git, make and Python; well under 500 MB. */
const DOCKERFILE = `FROM debian:bookworm-slim
RUN apt-get update \\
 && apt-get install -y --no-install-recommends bash ca-certificates curl git jq make python3 \\
 && rm -rf /var/lib/apt/lists/*
WORKDIR /workspace
`;

/** The tag follows the recipe, so that a changed recipe is a new image and nobody's tag is overwritten. */
const AGENT_IMAGE = `moorage-agent:${sha256(DOCKERFILE).slice(7, 19)}`;

type Options = { readonly signal: AbortSignal; readonly onProgress: (message: string) => void };

/** The image of `agent run`: the one asked for, else the configured one, else our own, made once. */
export async function agentImage(
  context: DomainContext,
  asked: string | undefined,
  { signal, onProgress }: Options,
): Promise<ImageInfo | undefined> {
  const named = asked ?? context.policy.agent.image;
  const { images } = context.engine;
  if (named !== undefined || images === undefined) {
    return resolveImage(context, { asked, byDefault: named ?? AGENT_IMAGE }, { signal, onProgress });
  }
  const made = await images.find(AGENT_IMAGE, signal);
  if (made !== undefined) return made;
  onProgress(`Making the agent image ${AGENT_IMAGE}; this happens once.`);
  await images.ensure("debian:bookworm-slim", { signal, onProgress });
  const labels = { "dev.moorage.image": "agent" };
  return images.build({ tag: AGENT_IMAGE, dockerfile: DOCKERFILE, labels }, { signal, onLog: onProgress });
}
