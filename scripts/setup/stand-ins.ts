import type { IncomingMessage } from "node:http";

import { debianMirror } from "./debian-mirror.ts";
import { engineRequest, type EngineAddress } from "./engine-http.ts";
import { progressLines } from "./engine-stream.ts";
import { machineAuthorities } from "./machine-authorities.ts";
import { BUSYBOX_STATIC, DEBIAN_ARCHIVE_KEYRING, DEBOOTSTRAP, STATIC_BUSYBOX } from "./needed-packages.ts";
import type { NeededPackage } from "./packages.ts";
import { busyboxRoot, debianRoot, type RootTree } from "./root-trees.ts";
import { STAND_IN_RECIPES, type BaseImageTag, type StandInRecipe } from "./stand-in-recipes.ts";
import { tarFiles } from "./tar-files.ts";

export const STAND_IN_LABEL = "dev.moorage.stand-in";
/** The tag that the image stands in for: an image built on a stand-in inherits the labels, but not this name. */
export const STAND_IN_TAG_LABEL = "dev.moorage.stand-in.tag";

export interface StandInOptions {
  engine: EngineAddress;
  signal: AbortSignal;
}

const IMPORT_MS = 300_000;
const BUILD_MS = 900_000;

/** What the machine needs to make the stand-in of one tag. */
export function packagesFor(tag: BaseImageTag): readonly NeededPackage[] {
  const { kind } = STAND_IN_RECIPES[tag];
  if (kind === "busybox-root") return [BUSYBOX_STATIC];
  return kind === "debian-root" ? [DEBOOTSTRAP, DEBIAN_ARCHIVE_KEYRING] : [];
}

/** Makes the stand-in of one tag, whose `from` image must be there. */
export async function makeStandIn(tag: BaseImageTag, options: StandInOptions): Promise<void> {
  const recipe = STAND_IN_RECIPES[tag];
  if (recipe.kind === "packages") return buildStandIn(tag, recipe, options);
  await using tree =
    recipe.kind === "busybox-root"
      ? await busyboxRoot(STATIC_BUSYBOX)
      : await debianRoot(recipe.suite, await debianMirror());
  const command = recipe.kind === "busybox-root" ? "sh" : "bash";
  await importStandIn(tag, { recipe, tree, command }, options);
}

function standInLabels(tag: BaseImageTag, recipe: StandInRecipe): Record<string, string> {
  return {
    [STAND_IN_LABEL]: "true",
    [STAND_IN_TAG_LABEL]: tag,
    "org.opencontainers.image.description": `Stand-in for ${tag}: ${recipe.says}`,
  };
}

interface ImportedRoot {
  recipe: StandInRecipe;
  tree: RootTree;
  command: string;
}

async function importStandIn(tag: BaseImageTag, root: ImportedRoot, options: StandInOptions): Promise<void> {
  const [repo = "", version = ""] = tag.split(":");
  const query = new URLSearchParams({ fromSrc: "-", repo, tag: version, message: `stand-in: ${root.recipe.says}` });
  query.append("changes", `CMD ["${root.command}"]`);
  query.append("changes", "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  for (const [name, value] of Object.entries(standInLabels(tag, root.recipe))) {
    query.append("changes", `LABEL ${name}=${JSON.stringify(value)}`);
  }
  const answer = await engineRequest(options.engine, {
    method: "POST",
    path: `/images/create?${query.toString()}`,
    body: root.tree.tar(),
    contentType: "application/x-tar",
    signal: AbortSignal.any([options.signal, AbortSignal.timeout(IMPORT_MS)]),
  });
  await drain(tag, answer);
}

type PackagesRecipe = Extract<StandInRecipe, { kind: "packages" }>;

async function buildStandIn(tag: BaseImageTag, recipe: PackagesRecipe, options: StandInOptions): Promise<void> {
  const authorities = await machineAuthorities();
  const trust = authorities.length === 0 ? "" : "COPY ca/ /usr/local/share/ca-certificates/\n";
  const context = tarFiles([
    { name: "Dockerfile", content: Buffer.from(`FROM ${recipe.from}\n${trust}${recipe.dockerfile}`) },
    ...authorities.map((authority) => ({ name: `ca/${authority.fileName}`, content: authority.certificate })),
  ]);
  const labels = JSON.stringify(standInLabels(tag, withAuthorities(recipe, authorities.length)));
  const query = new URLSearchParams({ t: tag, labels, rm: "true", forcerm: "true", version: "1" });
  const answer = await engineRequest(options.engine, {
    method: "POST",
    path: `/build?${query.toString()}`,
    body: context,
    contentType: "application/x-tar",
    signal: AbortSignal.any([options.signal, AbortSignal.timeout(BUILD_MS)]),
  });
  await drain(tag, answer);
}

function withAuthorities(recipe: PackagesRecipe, count: number): PackagesRecipe {
  if (count === 0) return recipe;
  return { ...recipe, says: `${recipe.says}; trusts the ${count} certificate authorities added to the machine` };
}

/** Reads the progress to its end, for its end is when the image is there. */
async function drain(tag: string, answer: IncomingMessage): Promise<void> {
  const last: string[] = [];
  for await (const line of progressLines(answer)) {
    last.push(line.text);
    if (last.length > 15) last.shift();
    if (line.error !== undefined) throw new Error(`making ${tag} failed: ${line.error}\n${last.join("\n")}`);
  }
}
