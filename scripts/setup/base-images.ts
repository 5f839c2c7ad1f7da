import type { Command } from "./consent.ts";
import { EngineRefusal, engineJson, type EngineAddress } from "./engine-http.ts";
import { ensurePackages } from "./packages.ts";
import { pullImage } from "./pull-image.ts";
import type { Say } from "./say.ts";
import { STAND_IN_RECIPES, type BaseImageTag } from "./stand-in-recipes.ts";
import { makeStandIn, packagesFor, STAND_IN_LABEL } from "./stand-ins.ts";

export interface BaseImageOptions {
  engine: EngineAddress;
  say: Say;
  signal: AbortSignal;
  /** On whose behalf packages that stand-ins are made with may be installed. */
  command: Command;
}

const ANSWER_MS = 30_000;

/**
 * Makes sure that each tag exists: what is there stays, else the registry's image is pulled, and only where no
 * registry answers a stand-in is made.
 */
export async function ensureBaseImages(tags: readonly BaseImageTag[], options: BaseImageOptions): Promise<void> {
  let registry: "untried" | "unreachable" = "untried";
  for (const tag of tags) {
    if (await sayIfPresent(tag, options)) continue;
    if (registry === "untried" && (await pullOrTell(tag, options))) continue;
    registry = "unreachable";
    await standIn(tag, options);
  }
}

/** Whether an image is there, and whether it is a stand-in. */
export async function findImage(
  tag: string,
  { engine, signal }: Pick<BaseImageOptions, "engine" | "signal">,
): Promise<"missing" | "image" | "stand-in"> {
  try {
    const inspected = await engineJson(engine, {
      method: "GET",
      path: `/images/${tag}/json`,
      signal: AbortSignal.any([signal, AbortSignal.timeout(ANSWER_MS)]),
    });
    return JSON.stringify(inspected).includes(`"${STAND_IN_LABEL}":"true"`) ? "stand-in" : "image";
  } catch (error) {
    if (error instanceof EngineRefusal && error.status === 404) return "missing";
    throw error;
  }
}

async function sayIfPresent(tag: BaseImageTag, options: BaseImageOptions): Promise<boolean> {
  const found = await findImage(tag, options);
  if (found === "missing") return false;
  options.say.ok(found === "image" ? `${tag} is here` : `${tag} is here (stand-in: ${STAND_IN_RECIPES[tag].says})`);
  return true;
}

async function pullOrTell(tag: BaseImageTag, { engine, say, signal }: BaseImageOptions): Promise<boolean> {
  const started = performance.now();
  say.step(`pulling ${tag}`);
  const outcome = await pullImage({ engine, image: tag, signal });
  if (outcome.kind === "pulled") {
    say.ok(`${tag} pulled in ${seconds(started)}`);
    return true;
  }
  if (outcome.kind === "refused") throw new Error(`the registry refused ${tag}: ${outcome.message}`);
  say.warn(`no image registry can be reached, so stand-ins are made (${outcome.message})`);
  return false;
}

async function standIn(tag: BaseImageTag, options: BaseImageOptions): Promise<void> {
  const recipe = STAND_IN_RECIPES[tag];
  if (recipe.kind === "packages" && (await findImage(recipe.from, options)) === "missing") {
    await standIn(recipe.from, options);
  }
  const reason = `no registry answers for ${tag}, and making its stand-in needs packages of Debian`;
  if (!(await ensurePackages(packagesFor(tag), { ...options, reason }))) {
    throw new Error(`${tag} can neither be pulled nor made on this machine`);
  }
  const started = performance.now();
  options.say.step(`making ${tag}`);
  await makeStandIn(tag, options);
  options.say.ok(`${tag} made in ${seconds(started)} (stand-in: ${recipe.says})`);
}

function seconds(started: number): string {
  return `${((performance.now() - started) / 1000).toFixed(1)} s`;
}
