import { mkdir, mkdtemp, open, readFile, writeFile } from "node:fs/promises";
import { spawn } from "node:child_process";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

import { pingEngine } from "./engine-presence.ts";
import { removeMountedDirectory } from "./mounted-directory.ts";
import { ONE_HIERARCHY } from "./one-hierarchy.ts";
import { hasProgram } from "./packages.ts";
import { isAlive, killAndWait, listProcesses, waitUntilGone } from "./processes.ts";

/** A Podman of a test's own, with its own images and containers. */
export interface PrivatePodman extends AsyncDisposable {
  socketPath: string;
}

const START_MS = 60_000;
const STOP_MS = 20_000;
const POLL_MS = 100;

/**
 * By itself a process of Podman's, and what it knows of the exit, stays for five minutes after each command; and the
 * 2048 locks of containers and volumes are the machine's, of which a Podman removed with its directory frees none.
 */
const SETTINGS = (directory: string): string => `[engine]
cgroup_manager = "cgroupfs"
events_logger = "file"
exit_command_delay = 20
lock_type = "file"
tmp_dir = ${JSON.stringify(join(directory, "tmp"))}
`;

/** Registers tests where a Podman can be started: by root on Linux. Elsewhere there are none. */
export async function withPrivatePodman(register: () => void): Promise<void> {
  if (process.platform === "linux" && process.getuid?.() === 0 && (await hasProgram("podman"))) register();
}

/** Starts Podman's service and resolves when it answers. */
export async function privatePodman(): Promise<PrivatePodman> {
  await using undo = new AsyncDisposableStack();
  const directory = await mkdtemp(join(tmpdir(), "moorage-podman-"));
  undo.defer(() => removeMountedDirectory(directory));
  for (const name of ["root", "run", "tmp"]) await mkdir(join(directory, name));
  const settings = join(directory, "containers.conf");
  await writeFile(settings, SETTINGS(directory));
  const socketPath = join(directory, "podman.sock");
  const storage = [
    "--root",
    join(directory, "root"),
    "--runroot",
    join(directory, "run"),
    "--storage-driver",
    "overlay",
  ];
  const service = ["podman", ...storage, "system", "service", "--time=0", `unix://${socketPath}`];
  const log = await open(join(directory, "log"), "w");
  const child = spawn("env", [...ONE_HIERARCHY, ...service], {
    stdio: ["ignore", log.fd, log.fd],
    // Its helpers write where it was started.
    cwd: directory,
    env: { ...process.env, CONTAINERS_CONF: settings },
  });
  await log.close();
  const { pid } = child;
  if (pid === undefined) throw new Error("podman could not be started");
  undo.defer(() => stop(pid, directory));
  const signal = AbortSignal.timeout(START_MS);
  while ((await pingEngine({ kind: "unix", path: socketPath }, signal)) !== "answers") {
    if (signal.aborted || !(await isAlive(pid))) {
      throw new Error(`podman does not answer:\n${await readFile(join(directory, "log"), "utf8")}`);
    }
    await delay(POLL_MS);
  }
  const kept = undo.move();
  return { socketPath, [Symbol.asyncDispose]: () => kept.disposeAsync() };
}

/** Ends the service, and the helpers that keep what they know of commands that have ended. */
async function stop(pid: number, directory: string): Promise<void> {
  if (await isAlive(pid)) process.kill(pid, "SIGTERM");
  await killAndWait(await waitUntilGone([pid], STOP_MS), STOP_MS);
  const helpers = async () => (await listProcesses()).filter(({ command }) => command.includes(directory));
  for (let left = await helpers(); left.length > 0; left = await helpers()) {
    await killAndWait(
      left.map((helper) => helper.pid),
      STOP_MS,
    );
  }
}
