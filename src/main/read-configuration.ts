import { MoorageError } from "../base/errors.ts";
import { Configuration } from "./configuration.ts";
import { locations, readSettings } from "./settings.ts";

/** The configuration from file and environment. INVALID_INPUT names the setting, its value and what was expected. */
export async function readConfiguration(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<Configuration> {
  const parsed = Configuration.safeParse(await readSettings(environment));
  if (parsed.success) return parsed.data;
  const told = parsed.error.issues.map((issue) => `${issue.path.join(".") || "configuration"}: ${issue.message}`);
  throw new MoorageError("INVALID_INPUT", `The configuration is not valid: ${told.join("; ")}.`, {
    hint: `Look at ${locations(environment).configurationFile} and at MOORAGE_* in the environment.`,
  });
}
