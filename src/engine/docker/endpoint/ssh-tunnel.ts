import { spawn, type ChildProcessByStdio } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Readable, Writable } from "node:stream";
import { withDeadline } from "../../../base/deadline.ts";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import { sshName, type SshTarget } from "./ssh-target.ts";

/** A socket on this machine behind which an engine elsewhere answers, as long as one `ssh` process lives. */
export type SshTunnel = AsyncDisposable & {
  /** The local socket; opens the connection when there is none, or when it has broken. */
  readonly socketPath: () => Promise<string>;
};

type Ssh = ChildProcessByStdio<Writable, Readable, Readable>;
type Open = { readonly ssh: Ssh; readonly directory: string; readonly socketPath: string };

const OPEN_MS = 30_000;
const END_MS = 5_000;
const MAX_WORDS = 4096;
const GREETING = "moorage ready";
const OPTIONS = [
  "BatchMode=yes",
  "ConnectTimeout=15",
  "ExitOnForwardFailure=yes",
  "ServerAliveInterval=10",
  "ServerAliveCountMax=3",
  "StreamLocalBindMask=0177",
  // One process that is ours alone, whatever the user's configuration shares.
  "ControlMaster=no",
  "ControlPath=none",
  "LogLevel=ERROR",
];

/** Opening it touches nothing; the first use connects. `program`: @default "ssh" */
export function createSshTunnel(target: SshTarget, program = "ssh"): SshTunnel {
  let opening: Promise<Open> | undefined;
  const begin = async (): Promise<Open> => {
    try {
      const opened = await open(target, program);
      opened.ssh.once("exit", () => {
        opening = undefined;
        void rm(opened.directory, { recursive: true, force: true });
      });
      return opened;
    } catch (error) {
      opening = undefined;
      throw error;
    }
  };
  return {
    socketPath: async () => (await (opening ??= begin())).socketPath,
    [Symbol.asyncDispose]: async () => {
      const last = opening;
      opening = undefined;
      // One that did not open has nothing to close.
      const opened = await last?.catch(() => undefined);
      if (opened === undefined) return;
      await end(opened.ssh);
      await rm(opened.directory, { recursive: true, force: true });
    },
  };
}

/**
 * The command on the other side returns what it reads, which proves that the forwarding is there; and it ends, and ssh
 * with it, when our end of its stdin is gone, however this process ends.
 */
async function open(target: SshTarget, program: string): Promise<Open> {
  const directory = await mkdtemp(join(tmpdir(), "moorage-ssh-"));
  const socketPath = join(directory, "engine.sock");
  const ssh = spawn(program, sshArguments(target, socketPath), { stdio: ["pipe", "pipe", "pipe"] });
  try {
    await withDeadline(greeted(ssh, target), OPEN_MS, `Opening ${sshName(target)}`);
    if (ssh.exitCode !== null || ssh.signalCode !== null) throw refused(target, "it ended at once");
    return { ssh, directory, socketPath };
  } catch (error) {
    await end(ssh);
    await rm(directory, { recursive: true, force: true });
    throw error;
  }
}

/** The arguments of ssh that forward the engine's socket to a local one. */
export function sshArguments({ host, user, port, socketPath, configFile }: SshTarget, local: string): string[] {
  return [
    ...(configFile === undefined ? [] : ["-F", configFile]),
    ...OPTIONS.flatMap((option) => ["-o", option]),
    "-T",
    "-L",
    `${local}:${socketPath}`,
    ...(user === undefined ? [] : ["-l", user]),
    ...(port === undefined ? [] : ["-p", String(port)]),
    "--",
    host,
    "cat",
  ];
}

async function greeted(ssh: Ssh, target: SshTarget): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<undefined>();
  let said = "";
  let complaint = "";
  ssh.stdout.on("data", (chunk: Buffer) => {
    said = (said + chunk.toString()).slice(-MAX_WORDS);
    if (said.includes(GREETING)) resolve(undefined);
  });
  ssh.stderr.on("data", (chunk: Buffer) => {
    complaint = (complaint + chunk.toString()).slice(-MAX_WORDS);
  });
  // A broken pipe is told by the end of the process.
  ssh.stdin.on("error", () => undefined);
  ssh.once("error", (error) => reject(notStarted(error)));
  ssh.once("close", (code) => reject(refused(target, complaint.trim() || `it ended with code ${code}`)));
  ssh.stdin.write(`${GREETING}\n`);
  await promise;
}

function notStarted(cause: NodeJS.ErrnoException): MoorageError {
  const message = `The program ssh could not be started (${cause.code ?? cause.message}).`;
  return new MoorageError("ENGINE_NOT_INSTALLED", message, { hint: "Install an OpenSSH client.", cause });
}

function refused(target: SshTarget, words: string): MoorageError {
  const message = `ssh to ${target.host} failed: ${words}`;
  const login = `${target.port === undefined ? "" : `-p ${target.port} `}${target.user === undefined ? "" : `${target.user}@`}${target.host}`;
  if (/permission denied|host key verification|no matching host key|too many authentication/i.test(words)) {
    return new MoorageError("ENGINE_PERMISSION", message, {
      hint: `\`ssh ${login} true\` has to work without a question: accept the host's key, and load your own into an agent.`,
    });
  }
  return new MoorageError("ENGINE_UNREACHABLE", message, { hint: `Try \`ssh ${login} docker version\` by hand.` });
}

async function end(ssh: Ssh): Promise<void> {
  if (ssh.pid === undefined || ssh.exitCode !== null || ssh.signalCode !== null) return;
  const closed = new Promise<void>((resolve) => void ssh.once("exit", () => resolve()));
  ssh.kill("SIGTERM");
  try {
    await withDeadline(closed, END_MS, "Ending ssh");
  } catch (error) {
    if (!isMoorageError(error)) throw error;
    ssh.kill("SIGKILL");
    await closed;
  }
}
