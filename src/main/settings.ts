import { readFile } from "node:fs/promises";
import { homedir } from "node:os";
import { join, resolve } from "node:path";
import { MoorageError } from "../base/errors.ts";
import { environmentSettings, type Settings } from "./environment.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** Where Moorage keeps its state, and where it reads its configuration. */
export type Locations = {
  readonly home: string;
  readonly configurationFile: string;
  readonly socket: string;
  readonly agentSocket: string;
};

export function locations(environment: Environment): Locations {
  const given = environment["MOORAGE_HOME"];
  const home = resolve(given === undefined || given === "" ? join(homedir(), ".local/share/moorage") : given);
  // Never the current directory: a project that an agent wrote must not decide what is allowed.
  const configurationFile = join(environment["CONFIG_DIR"] ?? home, "moorage.config.json");
  return {
    home,
    configurationFile,
    socket: join(home, "run", "moorage.sock"),
    agentSocket: join(home, "run", "agent", "agent.sock"),
  };
}

/** What file and environment set, not checked yet: a command that only asks a server has no need for more. */
export async function readSettings(environment: Environment): Promise<Settings> {
  return merge(await fileSettings(locations(environment).configurationFile), environmentSettings(environment));
}

async function fileSettings(path: string): Promise<Settings> {
  let text: string;
  try {
    text = await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR"].includes(String(error.code))) return {};
    throw new MoorageError("INVALID_INPUT", `The configuration ${path} cannot be read.`, { cause: error });
  }
  try {
    const settings: unknown = JSON.parse(text);
    if (typeof settings === "object" && settings !== null && !Array.isArray(settings)) return { ...settings };
  } catch (error) {
    throw new MoorageError("INVALID_INPUT", `The configuration ${path} is not JSON: ${String(error)}.`, {
      cause: error,
    });
  }
  throw new MoorageError("INVALID_INPUT", `The configuration ${path} is not a JSON object.`);
}

function merge(under: Settings, over: Settings): Settings {
  const merged: Settings = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isSettings(value) && isSettings(below) ? merge(below, value) : value;
  }
  return merged;
}

function isSettings(value: unknown): value is Settings {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
