import { spawn, type ChildProcess } from "node:child_process";
import { z } from "zod";
import { after } from "../base/after.ts";
import { canceled } from "../base/deadline.ts";
import type { Surroundings } from "./surroundings.ts";
import { unusable } from "./unusable.ts";

const MAX_OUTPUT_BYTES = 64 * 1024;
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
/** What such programs say on stdout when they have nothing for a registry. */
const NOTHING = /credentials not found/i;

const Reply = z.object({ Username: z.string(), Secret: z.string().min(1) });
export type ProgramReply = { readonly username: string; readonly secret: string };

/**
 * What a credential helper of Docker's, `docker-credential-NAME`, has for a server. Undefined when it has nothing. What it
 * prints is told to nobody: it may hold a secret.
 */
export async function askCredentialProgram(
  name: string,
  server: string,
  surroundings: Pick<Surroundings, "environment" | "patienceMs" | "signal">,
): Promise<ProgramReply | undefined> {
  if (!NAME.test(name)) {
    throw unusable(`The credential helper is named ${JSON.stringify(name)}; expected a name such as pass.`, {
      hint: "Mend credsStore and credHelpers in Docker's config.json.",
    });
  }
  const program = `docker-credential-${name}`;
  const { code, stdout } = await outputOf(program, server, surroundings);
  if (code !== 0 && NOTHING.test(stdout)) return undefined;
  const hint = `Try it: echo ${server} | ${program} get`;
  if (code !== 0) throw unusable(`The credential helper ${program} failed for ${server} with code ${code}.`, { hint });
  try {
    const { Username: username, Secret: secret } = Reply.parse(JSON.parse(stdout));
    return { username, secret };
  } catch {
    const message = `The credential helper ${program} answered for ${server} with something else than credentials.`;
    throw unusable(message, { hint });
  }
}

type Output = { readonly code: number | null; readonly stdout: string };

function outputOf(
  program: string,
  server: string,
  { environment, patienceMs, signal }: Pick<Surroundings, "environment" | "patienceMs" | "signal">,
): Promise<Output> {
  const { promise, resolve, reject } = Promise.withResolvers<Output>();
  // In a group of its own, so that it is ended with all that it has started.
  const child = spawn(program, ["get"], { stdio: ["pipe", "pipe", "ignore"], env: environment, detached: true });
  const giveUp = (reason: Error): void => {
    endGroup(child);
    reject(reason);
  };
  const hint = `Try it: echo ${server} | ${program} get`;
  const cancelTimer = after(patienceMs, () => {
    giveUp(
      unusable(`The credential helper ${program} did not answer for ${server} within ${patienceMs} ms.`, { hint }),
    );
  });
  const onAbort = (): void => giveUp(canceled(signal?.reason));
  signal?.addEventListener("abort", onAbort, { once: true });
  if (signal?.aborted === true) onAbort();
  let stdout = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    if (stdout.length > MAX_OUTPUT_BYTES) {
      giveUp(
        unusable(`The credential helper ${program} printed over ${MAX_OUTPUT_BYTES} bytes for ${server}.`, { hint }),
      );
    }
  });
  child.once("error", (cause) => reject(startError(program, cause)));
  child.once("close", (code) => resolve({ code, stdout }));
  // A program that ends before it has read everything breaks the pipe; its code tells why it did.
  child.stdin.on("error", () => undefined);
  child.stdin.end(server);
  return promise.finally(() => {
    cancelTimer();
    signal?.removeEventListener("abort", onAbort);
  });
}

function endGroup(child: ChildProcess): void {
  child.stdout?.destroy();
  if (child.pid === undefined) return;
  try {
    process.kill(-child.pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function startError(program: string, cause: Error): Error {
  const code = "code" in cause ? String(cause.code) : cause.message;
  const what = code === "ENOENT" ? "is not installed" : `cannot be started (${code})`;
  return unusable(`The credential helper ${program} ${what}, though Docker's config.json names it.`, {
    hint: `Put ${program} on the PATH of Moorage, or remove it from credsStore and credHelpers.`,
    cause,
  });
}
