import { readImageReference } from "../../../base/image-reference.ts";
import type { DockerfileBase } from "../../../contracts/types.ts";
import type { Dockerfile, Instruction, Stage } from "../dockerfile/dockerfile.ts";
import type { Expanded } from "../dockerfile/expand.ts";
import { expanded, shown, type Found, type Judging, type Located } from "./found.ts";
import { globalArguments } from "./global-arguments.ts";

/** Images that Moorage makes for one owner. */
const PRIVATE = /^(?:docker\.io\/library|localhost)\/moorage-(?:snapshot|dependencies)$/;
/** What Moorage has built is here, and nowhere else. */
const BUILT = /^(?:docker\.io\/library|localhost)\/agent-env$/;

export type Bases = { readonly bases: readonly DockerfileBase[]; readonly found: readonly Located[] };

/** The stages that can be named where one reads. */
type Earlier = { readonly names: Set<string>; count: number };

/** What the stages begin with, and what is copied from. */
export function judgeBases(judging: Judging): Bases {
  const lookup = globalArguments(judging.dockerfile, judging.buildArgs);
  const earlier: Earlier = { names: new Set(), count: 0 };
  const bases: DockerfileBase[] = [];
  const found: Located[] = [];
  let stage: Stage | undefined;
  for (const instruction of judging.dockerfile.instructions) {
    const { line, endLine } = instruction;
    const add = (more: readonly Found[]): number => found.push(...more.map((one) => ({ ...one, line, endLine })));
    if (instruction.name !== "FROM") {
      add(judgeSources(instruction, earlier, judging));
      continue;
    }
    if (stage?.name !== undefined) earlier.names.add(stage.name);
    earlier.count = bases.length;
    stage = judging.dockerfile.stages[bases.length];
    if (stage === undefined) break;
    const base = readBase(stage, expanded(stage.base, judging, lookup), earlier);
    bases.push(base);
    add(judgePlatform(instruction, (word) => expanded(word, judging, lookup)));
    if (base.reference === null) add([unknownBase(stage.base)]);
    else if (base.kind === "image") add(judgeBase(base.reference, judging));
  }
  return { bases, found };
}

function readBase({ name, from }: Stage, { value, unknown, broken }: Expanded, earlier: Earlier): DockerfileBase {
  const isKnown = !broken && unknown.length === 0 && value !== "";
  const isStage = earlier.names.has(value.toLowerCase());
  return {
    line: from.line,
    stage: name ?? null,
    kind: isStage ? "stage" : value === "scratch" ? "scratch" : "image",
    reference: isKnown ? (isStage ? value.toLowerCase() : value) : null,
  };
}

/** The builder gives the platform's variables of BuildKit no value, and ends at an empty one. */
function judgePlatform({ flags }: Instruction, expand: (word: string) => Expanded): readonly Found[] {
  return flags.flatMap(({ name, value = "" }): readonly Found[] => {
    if (name !== "platform" || !value.includes("$")) return [];
    const { value: platform, unknown, broken } = expand(value);
    if (platform !== "" && unknown.length === 0 && !broken) return [];
    const message = `The builder has no value for ${shown(`--platform=${value}`)}.`;
    return [{ rule: "unsupported", message, fix: "Leave --platform out, or write it out, such as linux/amd64." }];
  });
}

function unknownBase(base: string): Found {
  return {
    rule: "base-registry",
    message: `Nobody can tell before the build which image ${shown(base)} is.`,
    fix: "Write the image out, or give each of its variables a value by an ARG NAME=VALUE before the first FROM.",
  };
}

/** Of COPY --from and of RUN --mount. A number is a stage, or an error of the builder. */
function judgeSources({ trigger, ...instruction }: Instruction, earlier: Earlier, judging: Judging): readonly Found[] {
  return sourcesOf(trigger ?? instruction).flatMap((source) => {
    // A trigger runs in another build, whose stages are others.
    if (trigger === undefined && earlier.names.has(source.toLowerCase())) return [];
    if (/^\d+$/.test(source)) return trigger === undefined && Number(source) >= earlier.count ? [noStage(source)] : [];
    return source.includes("$") ? [unknownSource(source)] : judgeImage(source, judging);
  });
}

/** The images that are copied from, those of triggers too; a stage may have such a name as well. */
export function copiedImages({ instructions }: Dockerfile): readonly string[] {
  const sources = instructions.flatMap(({ trigger, ...instruction }) => sourcesOf(trigger ?? instruction));
  return sources.filter((source) => !/^\d+$/.test(source) && readImageReference(source) !== undefined);
}

function sourcesOf({ name, flags }: Instruction): readonly string[] {
  const values = flags.flatMap(({ name: flag, value }) => {
    if (name === "COPY" && flag === "from") return [value ?? ""];
    if (name !== "RUN" || flag !== "mount") return [];
    return (value ?? "").split(",").flatMap((part) => (part.startsWith("from=") ? [part.slice("from=".length)] : []));
  });
  return values.filter((value) => value !== "");
}

function noStage(source: string): Found {
  const message = `--from=${source} names no earlier stage.`;
  return { rule: "base-registry", message, fix: "Name an earlier stage, or an image by its full name." };
}

function unknownSource(source: string): Found {
  const message = `--from=${shown(source)}: some builders write variables out here, others do not.`;
  const fix = "Name the image in a stage of its own, FROM IMAGE AS NAME, and copy --from=NAME.";
  return { rule: "base-registry", message, fix };
}

function judgeBase(reference: string, judging: Judging): readonly Found[] {
  const found = judgeImage(reference, judging);
  return found.length > 0 ? found : untagged(reference);
}

function judgeImage(reference: string, { policy: { allowedRegistries } }: Judging): readonly Found[] {
  if (isImageId(reference)) {
    const message = `${shown(reference)} may be the id of any image on the machine.`;
    return [
      { rule: "private-image", message, fix: `Name the image with its tag, such as ${reference.slice(0, 40)}:latest.` },
    ];
  }
  const image = readImageReference(reference);
  if (image === undefined) {
    const message = `${shown(reference)} is no image reference; expected [registry/]path[:tag][@sha256:digest].`;
    return [{ rule: "base-registry", message, fix: "Write it as for `docker pull`, such as python:3.11-slim." }];
  }
  const name = `${image.host}/${image.path}`;
  if (PRIVATE.test(name)) {
    const message = `${shown(reference)} is an image that Moorage made for one owner's sandboxes.`;
    return [{ rule: "private-image", message, fix: "Begin with an image of a registry, or with one of agent-env." }];
  }
  if (BUILT.test(name) || allowedRegistries.some((allowed) => isBelow(name, allowed))) return [];
  const choice = allowedRegistries.join(", ");
  return [
    {
      rule: "base-registry",
      message: `${shown(reference)} comes from a registry that is not allowed (${choice === "" ? "none is" : `allowed: ${choice}`}).`,
      fix: "Use an image of an allowed registry, or have an administrator add this one to build.allowedRegistries.",
    },
  ];
}

function isBelow(name: string, allowed: string): boolean {
  return allowed === "*" || name === allowed || name.startsWith(`${allowed}/`);
}

function untagged(reference: string): readonly Found[] {
  const { host = "", path = "", version } = readImageReference(reference) ?? {};
  if (version !== "latest" || BUILT.test(`${host}/${path}`)) return [];
  const message = `${shown(reference)} is another image each time that its makers release one.`;
  return [{ rule: "latest-tag", advice: true, message, fix: "Name a version, such as python:3.11-slim, or a digest." }];
}

/** True for what an engine may take for the beginning of an image's id, whoever made the image. */
function isImageId(reference: string): boolean {
  return /^(?:sha\d+:)?[0-9a-f]+$/.test(reference);
}
