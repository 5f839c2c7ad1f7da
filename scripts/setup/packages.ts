import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";

import { askYes, circumstances, decideConsent, type Command } from "./consent.ts";
import { asRoot } from "./privilege.ts";
import { runOrThrow } from "./run-program.ts";
import type { Say } from "./say.ts";

/** A package of Debian and Ubuntu, and how to tell that what it brings is here, from wherever it came. */
export interface NeededPackage {
  name: string;
  isHere: () => Promise<boolean>;
}

export interface InstallOptions {
  command: Command;
  /** Why, as the question on the terminal has it. */
  reason: string;
  say: Say;
  signal: AbortSignal;
}

const UPDATE_MS = 180_000;
const INSTALL_MS = 600_000;
const SYSTEM_PROGRAMS = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** Whether a program can be run, also one of the administrator's directories that are not on a user's PATH. */
export async function hasProgram(name: string): Promise<boolean> {
  const directories = [...(process.env["PATH"] ?? "").split(delimiter), ...SYSTEM_PROGRAMS];
  for (const directory of directories) {
    if (directory !== "" && (await canAccess(join(directory, name)))) return true;
  }
  return false;
}

export async function missingPackages(needed: readonly NeededPackage[]): Promise<string[]> {
  const missing: string[] = [];
  for (const { name, isHere } of needed) if (!(await isHere())) missing.push(name);
  return missing;
}

/** Installs what is missing; true when everything is here afterwards. */
export async function ensurePackages(needed: readonly NeededPackage[], options: InstallOptions): Promise<boolean> {
  const missing = await missingPackages(needed);
  if (missing.length === 0) return true;
  if (!(await installPackages(missing, options))) return false;
  const still = await missingPackages(needed);
  if (still.length > 0) throw new Error(`still missing after ${installCommands(missing)}: ${still.join(", ")}`);
  return true;
}

/** The commands that install the packages, as a person types them. */
export function installCommands(packages: readonly string[]): string {
  const sudo = process.getuid?.() === 0 ? "" : "sudo ";
  return `${sudo}apt-get update && ${sudo}apt-get install -y --no-install-recommends ${packages.join(" ")}`;
}

/** Installs packages with the consent that the circumstances ask for. False: refused, and the reader knows what to do. */
async function installPackages(packages: readonly string[], options: InstallOptions): Promise<boolean> {
  const { say, reason } = options;
  const commands = installCommands(packages);
  if (!(await canInstall())) {
    say.fail(
      `${reason}: ${packages.join(", ")} is missing`,
      "install it; this script can do so by apt-get as root or through sudo",
    );
    return false;
  }
  if (!(await hasConsent(packages, options))) {
    say.fail(`${reason}; nothing is installed without a yes`, `run: ${commands}`);
    return false;
  }
  const started = performance.now();
  say.step(`installing ${packages.join(", ")} by apt-get`);
  await runOrThrow(aptGet("update", "-qq"), { deadlineMs: UPDATE_MS, interactive: true });
  const install = aptGet("install", "-y", "-qq", "--no-install-recommends", ...packages);
  await runOrThrow(install, { deadlineMs: INSTALL_MS, interactive: true });
  say.ok(`installed ${packages.join(", ")} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
  return true;
}

async function hasConsent(packages: readonly string[], { command, reason, signal }: InstallOptions): Promise<boolean> {
  const decision = decideConsent(command, circumstances(process.env));
  if (decision !== "ask") return decision === "go";
  return askYes(`${reason}. Install ${packages.join(", ")} by apt-get?`, signal);
}

async function canInstall(): Promise<boolean> {
  if (process.platform !== "linux" || !(await hasProgram("apt-get"))) return false;
  return process.getuid?.() === 0 || (await hasProgram("sudo"));
}

/** `env` carries the settings through sudo, which drops the caller's. */
function aptGet(...args: string[]): [string, ...string[]] {
  const settings = ["DEBIAN_FRONTEND=noninteractive", "NEEDRESTART_MODE=a"];
  return asRoot(["env", ...settings, "apt-get", "-o", "DPkg::Lock::Timeout=120", ...args]);
}

async function canAccess(path: string): Promise<boolean> {
  return access(path, constants.X_OK).then(
    () => true,
    () => false,
  );
}
