import { isMoorageError } from "../base/errors.ts";
import type { EngineName } from "../contracts/types.ts";
import type { Engine } from "../engine/engine.ts";

export type EngineOptions = {
  /** From `--engine` or the configuration. */
  readonly requested: EngineName | undefined;
  /** True when something asks for what only an engine with images has: an image, or DOCKER_HOST. */
  readonly needsImages: boolean;
  readonly docker: () => Engine | Promise<Engine>;
  readonly process: () => Engine;
};

export type ChosenEngine = { readonly engine: Engine; readonly warnings: readonly string[] };

/**
 * Docker when it answers, else the process engine with a warning. Where neither can work it is Docker, whose error then
 * tells what to do, and the warning tells why the other cannot take its place.
 */
export async function chooseEngine({ requested, needsImages, docker, process }: EngineOptions): Promise<ChosenEngine> {
  if (requested === "process") return { engine: process(), warnings: [] };
  const first = await docker();
  if (requested === "docker" || needsImages) return { engine: first, warnings: [] };
  const dockerProblem = await problemOf(first);
  if (dockerProblem === undefined) return { engine: first, warnings: [] };
  const second = process();
  const processProblem = await problemOf(second);
  if (processProblem !== undefined) {
    await second[Symbol.asyncDispose]();
    return { engine: first, warnings: [`The embedded process engine cannot work here either: ${processProblem}`] };
  }
  await first[Symbol.asyncDispose]();
  const { warnings } = await second.info();
  return { engine: second, warnings: [fallbackWarning(dockerProblem, warnings)] };
}

async function problemOf(engine: Engine): Promise<string | undefined> {
  try {
    await engine.info();
    return undefined;
  } catch (error) {
    if (isMoorageError(error)) return error.message;
    throw error;
  }
}

/** One warning, for people who only wanted to run something. */
function fallbackWarning(problem: string, limits: readonly string[]): string {
  const instead = `Using the embedded process engine instead. ${limits.join(" ")}`.trim();
  return `${problem} ${instead} Run \`moorage doctor --engine docker\` to get Docker going.`;
}
