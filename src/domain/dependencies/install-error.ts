import { stripVTControlCharacters } from "node:util";
import { MoorageError, type ErrorOptions } from "../../base/errors.ts";
import type { PackageManagerName } from "./installers.ts";

/** What a builder says around what the installer says. */
const BUILDER = /^(?:Step \d|---> |Removing intermediate container|The command '.*' returned a non-zero code)/;
const COMPLAINT = /^(?:ERROR:|npm (?:ERR!|error)|E:|\S+: (?:\d+: )?\S+: not found|.*: not found$)/;
const UNHELPFUL = /A complete log of this run|_logs\/|^npm (?:ERR!|error)(?: \d+)?\s*$/;
const UNREACHED = /temporary failure|could not resolve|name resolution|EAI_AGAIN|network is unreachable|ENOTFOUND/i;
const MISSING = /not found$|No module named pip/;
const TOLD_LINES = 3;

type Wanted = { readonly manager: PackageManagerName; readonly packages: readonly string[] };

/** What an installation that failed means, in the installer's own last words. */
export function installError(cause: MoorageError, { manager, packages }: Wanted): MoorageError {
  const log = logOf(cause);
  const words = lastWords(log);
  const told = words.length === 0 ? cause.message : words.join(" ");
  const options: ErrorOptions = { hint: hintOf(manager, log), details: { manager, packages, log }, cause };
  return new MoorageError("DEPENDENCY_FAILED", `${manager} could not install ${packages.join(", ")}: ${told}`, options);
}

function logOf({ details }: MoorageError): readonly string[] {
  const log: unknown = details["log"];
  if (!Array.isArray(log)) return [];
  return log.map((line) => plain(String(line))).filter((line) => line !== "" && !BUILDER.test(line));
}

// Classic builders paint what comes from stderr.
function plain(line: string): string {
  return stripVTControlCharacters(line).trim();
}

function lastWords(log: readonly string[]): readonly string[] {
  const complaints = log.filter((line) => COMPLAINT.test(line) && !UNHELPFUL.test(line));
  return complaints.length > 0 ? complaints.slice(0, TOLD_LINES) : log.slice(-TOLD_LINES);
}

function hintOf(manager: PackageManagerName, log: readonly string[]): string {
  const text = log.join("\n");
  if (UNREACHED.test(text))
    return "The build reaches the internet alone, but not the registry: check the engine's DNS. Mirrors and proxies in private ranges are closed to it.";
  if (log.some((line) => COMPLAINT.test(line) && MISSING.test(line))) {
    return `The image may have no ${manager}: use one that has it, or name another with --package-manager.`;
  }
  return "Check the spelling and the version, and that this host reaches the packages' index; --json shows the end of the installer's log.";
}
