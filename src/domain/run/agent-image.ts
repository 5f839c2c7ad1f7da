import { dockerfileAlone } from "../../base/dockerfile-alone.ts";
import { isMoorageError, MoorageError } from "../../base/errors.ts";
import { sha256 } from "../../base/sha256.ts";
import type { BuildEvent, ImageInfo, ImageStore } from "../../engine/engine.ts";
import type { Call, DomainContext } from "../context.ts";
import { buildLine } from "../image/build/build-line.ts";
import { resolveImage } from "../sandbox/images.ts";
import { placeFile } from "../workspace/place-file.ts";
import { OutputRecord } from "./output-record.ts";

const BASE = "debian:bookworm-slim";

/** Small enough to make on the spot: a shell, certificates, curl, git, make and Python; well under 500 MB. */
const DOCKERFILE = `FROM ${BASE}
RUN apt-get update \\
 && apt-get install -y --no-install-recommends bash ca-certificates curl git jq make python3 \\
 && rm -rf /var/lib/apt/lists/*
RUN ln -s python3 /usr/bin/python
WORKDIR /workspace
`;

/** The tag follows the recipe, so that a changed recipe is a new image and nobody's tag is overwritten. */
const AGENT_IMAGE = `moorage-agent:${sha256(DOCKERFILE).slice(7, 19)}`;

/** Where a pipeline looks for the log of a failed build. */
const BUILD_LOG = "docker-build.log";

type Options = {
  readonly signal: AbortSignal;
  readonly onProgress: (message: string) => void;
  /** The agent's workspace on this host; a failed build leaves its log there. Undefined: nowhere. */
  readonly workspace: string | undefined;
};

/** The image of `agent run`: the one asked for, else the configured one, else our own, made once. */
export async function agentImage(
  { context, principal }: Pick<Call, "context" | "principal">,
  asked: string | undefined,
  options: Options,
): Promise<ImageInfo | undefined> {
  const { signal, onProgress } = options;
  const named = asked ?? context.policy.agent.image;
  const { images } = context.engine;
  if (named !== undefined || images === undefined) {
    return resolveImage({ context, principal }, { asked, byDefault: named ?? AGENT_IMAGE }, { signal, onProgress });
  }
  const made = await images.find(AGENT_IMAGE, signal);
  if (made !== undefined) return made;
  onProgress(`Making the agent image ${AGENT_IMAGE}; this happens once.`);
  await resolveImage({ context, principal }, { asked: BASE, byDefault: BASE }, { signal, onProgress });
  return build(
    { images, network: await buildNetwork(context, signal) },
    new OutputRecord(context.policy.recordBytes),
    options,
  );
}

type Builder = { readonly images: ImageStore; readonly network: { readonly network?: "open" } };

/** Our own recipe installs what Debian has signed: it is built everywhere, on a closed bridge where there can be one. */
async function buildNetwork({ engine }: DomainContext, signal: AbortSignal): Promise<Builder["network"]> {
  const verdict = await engine.networks?.enforcement("open", signal);
  return verdict?.enforced === true ? { network: "open" } : {};
}

async function build({ images, network }: Builder, log: OutputRecord, options: Options): Promise<ImageInfo> {
  const { signal, onProgress, workspace } = options;
  const labels = { "dev.moorage.image": "agent" };
  const onEvent = (event: BuildEvent): void => {
    const line = buildLine(event);
    log.add(Buffer.from(`${line}\n`));
    onProgress(line);
  };
  const spec = { tag: AGENT_IMAGE, context: dockerfileAlone(DOCKERFILE), labels, ...network };
  try {
    return await images.build(spec, { signal, onEvent });
  } catch (error) {
    if (!isMoorageError(error) || error.code !== "IMAGE_BUILD_FAILED" || workspace === undefined) throw error;
    const path = await placeFile(workspace, BUILD_LOG, log.bytes());
    const message = `The agent image could not be made: ${error.message} The whole build log: ${path}`;
    const hint = "Read the end of that log; or name an image that you have with --image or MOORAGE_AGENT_IMAGE.";
    throw new MoorageError(error.code, message, { hint, details: { ...error.details, logPath: path }, cause: error });
  }
}
