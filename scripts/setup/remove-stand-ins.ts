// Removes the base images that were made because no image registry could be reached:
//
//     node scripts/setup/remove-stand-ins.ts
//
// Only a tag that the image itself says it stands in for is removed: images that were built on a stand-in stay.
import { argv } from "node:process";
import { fileURLToPath } from "node:url";

import { engineJson, type EngineAddress } from "./engine-http.ts";
import { findEngine } from "./engine-presence.ts";
import { terminalSay } from "./say.ts";
import { STAND_IN_LABEL, STAND_IN_TAG_LABEL } from "./stand-ins.ts";

const DEADLINE_MS = 120_000;

/** Removes every stand-in and gives the tags that were removed. */
export async function removeStandIns(engine: EngineAddress, signal: AbortSignal): Promise<string[]> {
  const filters = encodeURIComponent(JSON.stringify({ label: [`${STAND_IN_LABEL}=true`] }));
  const images = await engineJson(engine, { method: "GET", path: `/images/json?filters=${filters}`, signal });
  const tags = Array.isArray(images) ? images.flatMap(standInTags) : [];
  for (const tag of tags) await engineJson(engine, { method: "DELETE", path: `/images/${tag}`, signal });
  return tags;
}

/** The tags of one image of the engine's list that are stand-ins. */
export function standInTags(image: unknown): string[] {
  if (typeof image !== "object" || image === null || !("RepoTags" in image) || !("Labels" in image)) return [];
  const { RepoTags: tags, Labels: labels } = image;
  if (!Array.isArray(tags) || typeof labels !== "object" || labels === null) return [];
  const own: unknown = Object.entries(labels).find(([name]) => name === STAND_IN_TAG_LABEL)?.[1];
  return tags.filter((tag: unknown): tag is string => typeof tag === "string" && tag === own);
}

async function main(): Promise<number> {
  const say = terminalSay();
  const signal = AbortSignal.timeout(DEADLINE_MS);
  const found = await findEngine(process.env, signal);
  if (found?.presence !== "answers") {
    say.fail("no Docker Engine answers", "start it, or point DOCKER_HOST at it");
    return 1;
  }
  const removed = await removeStandIns(found.address, signal);
  for (const tag of removed) say.ok(`removed ${tag}`);
  if (removed.length === 0) say.ok("there are no stand-ins");
  return 0;
}

if (argv[1] === fileURLToPath(import.meta.url)) process.exitCode = await main();
