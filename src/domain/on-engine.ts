import { isMoorageError } from "../base/errors.ts";
import type { EngineName } from "../engine/engine.ts";
import type { DomainContext } from "./context.ts";

/** The context in which work on that engine is done: a sandbox lives on the engine that made it. */
export async function onEngine(context: DomainContext, name: EngineName): Promise<DomainContext> {
  return name === context.engine.name ? context : { ...context, engine: await context.otherEngine(name) };
}

/** Asks every engine that the registry names, this one first; what does not answer now is passed over. */
export async function askEngines<T>(
  context: DomainContext,
  ask: (context: DomainContext) => Promise<readonly T[]>,
): Promise<readonly T[]> {
  const answers: T[] = [];
  for (const name of new Set([context.engine.name, ...(await context.store.engines())])) {
    answers.push(...((await askEngine(context, name, ask)) ?? []));
  }
  return answers;
}

/**
 * Asks the engine on which sandboxes live. Undefined, and logged, where that is another than this one and cannot answer
 * now: what was seen last has to do.
 */
export async function askEngine<T>(
  context: DomainContext,
  name: EngineName,
  ask: (context: DomainContext) => Promise<T>,
): Promise<T | undefined> {
  if (name === context.engine.name) return ask(context);
  try {
    return await ask(await onEngine(context, name));
  } catch (error) {
    if (!isMoorageError(error) || error.code === "CANCELED") throw error;
    context.logger.warn({ code: error.code, engine: name }, "another engine, on which sandboxes live, does not answer");
    return undefined;
  }
}
