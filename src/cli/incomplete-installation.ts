import { MoorageError } from "../base/errors.ts";

/**
 * What Node says when the packages on disk are not those that the sources were written with: after an update of the
 * sources alone, or of an installation that was broken off.
 */
const SIGNS: readonly RegExp[] = [
  /^Cannot find (?:package|module) '(?<name>[^']+)'/,
  /^Package subpath .* is not defined by "exports" in (?:.*node_modules\/)?(?<name>.+?)\/package\.json/,
  /^The requested module '(?<name>[^']+)' does not provide an export named/,
];

/** INSTALLATION_INCOMPLETE where that is behind a failure; undefined otherwise. */
export function incompleteInstallation(failure: unknown): MoorageError | undefined {
  if (!(failure instanceof Error)) return undefined;
  for (const sign of SIGNS) {
    const name = sign.exec(failure.message)?.groups?.["name"];
    if (name === undefined) continue;
    const message = `The installed packages do not fit Moorage's sources: "${name}" is missing or has another version.`;
    return new MoorageError("INSTALLATION_INCOMPLETE", message, { cause: failure });
  }
  return incompleteInstallation(failure.cause);
}
