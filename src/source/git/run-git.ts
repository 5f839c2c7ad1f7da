import { spawn } from "node:child_process";
import { once } from "node:events";
import { throwIfCanceled } from "../../base/deadline.ts";
import { MoorageError } from "../../base/errors.ts";

/** Where programs usually are: what runs here must not depend on who started Moorage. */
const PROGRAMS = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin:/opt/homebrew/bin";
const MAX_TOLD_BYTES = 16 * 1024;

export type GitCall = {
  /** The repository of our own that it works on. */
  readonly directory: string;
  /** Settings of this call alone; they are in no argument, so that nobody sees them in the list of processes. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Protocols by which it may reach out, such as `https`. @default none */
  readonly protocols?: readonly string[];
  readonly signal: AbortSignal;
};

export type GitEnd = {
  /** Null: it was ended by the signal. */
  readonly exitCode: number | null;
  /** The last of what it said, in English. */
  readonly said: string;
};

/** What holds for every call: nothing of this machine's settings, nobody is asked, no program of a repository runs. */
const SETTINGS: Readonly<Record<string, string>> = {
  "core.hooksPath": "/dev/null",
  "core.askPass": "",
  "credential.helper": "",
  "http.followRedirects": "false",
  "transfer.bundleURI": "false",
  // One pack that grows, instead of many files.
  "fetch.unpackLimit": "1",
  "gc.auto": "0",
  "tar.umask": "0022",
};

/** Runs Git; what it prints goes to `onOutput`, which it waits for. CANCELED where the signal was the caller's. */
export async function runGit(
  args: readonly string[],
  call: GitCall,
  onOutput: (chunk: Uint8Array) => Promise<void> | void = () => {},
): Promise<GitEnd> {
  const { directory, settings = {}, protocols = [], signal } = call;
  throwIfCanceled(signal);
  const child = spawn("git", [...args], {
    cwd: directory,
    env: { ...fixedEnvironment(directory, protocols), ...settingsEnvironment({ ...SETTINGS, ...settings }) },
    stdio: ["ignore", "pipe", "pipe"],
    // What it starts itself goes with it.
    detached: true,
  });
  const end = (): void => killGroup(child.pid);
  signal.addEventListener("abort", end, { once: true });
  let said = "";
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    said = (said + text).slice(-MAX_TOLD_BYTES);
  });
  try {
    const closed = once(child, "close") as Promise<[number | null]>;
    closed.catch(() => undefined);
    for await (const chunk of child.stdout as AsyncIterable<Uint8Array>) await onOutput(chunk);
    const [exitCode] = await closed;
    return { exitCode: signal.aborted ? null : exitCode, said };
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") throw notInstalled(error);
    throw error;
  } finally {
    signal.removeEventListener("abort", end);
    if (child.exitCode === null) end();
  }
}

function fixedEnvironment(directory: string, protocols: readonly string[]): Record<string, string> {
  return {
    PATH: PROGRAMS,
    HOME: directory,
    LC_ALL: "C",
    GIT_DIR: directory,
    GIT_CONFIG_NOSYSTEM: "1",
    GIT_CONFIG_GLOBAL: "/dev/null",
    GIT_ATTR_NOSYSTEM: "1",
    GIT_TERMINAL_PROMPT: "0",
    GIT_ALLOW_PROTOCOL: protocols.length === 0 ? "none" : protocols.join(":"),
  };
}

function settingsEnvironment(settings: Readonly<Record<string, string>>): Record<string, string> {
  const entries = Object.entries(settings);
  const pairs = entries.flatMap(([key, value], index): [string, string][] => [
    [`GIT_CONFIG_KEY_${index}`, key],
    [`GIT_CONFIG_VALUE_${index}`, value],
  ]);
  return { GIT_CONFIG_COUNT: String(entries.length), ...Object.fromEntries(pairs) };
}

function killGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, "SIGKILL");
  } catch (error) {
    if (!(error instanceof Error) || !("code" in error) || error.code !== "ESRCH") throw error;
  }
}

function notInstalled(cause: unknown): MoorageError {
  return new MoorageError("REPOSITORY_UNAVAILABLE", "Git is not installed where Moorage runs.", {
    hint: "Install git there, or stage the files by a directory or an archive.",
    cause,
  });
}
