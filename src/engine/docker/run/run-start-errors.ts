import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import { textOf, type AttachedOutput } from "./attached-output.ts";

/** Why nothing started: the engine's own words, or a shell's, stand where our first line was expected. */
export async function notStarted(output: AttachedOutput, line: string | undefined): Promise<MoorageError> {
  await output.finish();
  const words =
    [line ?? "", await textOf(output.chunks)].filter((part) => part !== "").join(" ") || "no reason was given";
  return startError(words);
}

/** A start that the engine has refused; everything else stays as it is. */
export function refusedStart(error: unknown, user: string | undefined): unknown {
  if (!isMoorageError(error) || !/unable to find (?:user|group)|no matching entries/i.test(error.message)) return error;
  return noUser(user ?? "", error);
}

function startError(words: string): MoorageError {
  if (/resource temporarily unavailable|cannot fork|can't fork/i.test(words)) {
    return new MoorageError("LIMIT_EXCEEDED", `The sandbox has no room for another process: ${words}`, {
      hint: "End some of its processes, or create a sandbox with a higher process limit.",
    });
  }
  if (/container .*(?:is not running|stopped)|cannot exec in a stopped|procReady not received/i.test(words)) {
    return new MoorageError("SANDBOX_NOT_RUNNING", `The sandbox does not run: ${words}`);
  }
  return new MoorageError("START_FAILED", `Nothing can be started in the sandbox: ${words}`, {
    hint: "The image needs /bin/sh, and the engine an init program (docker-init).",
  });
}

function noUser(user: string, cause: unknown): MoorageError {
  return new MoorageError("INVALID_INPUT", `The sandbox has no user ${JSON.stringify(user)}.`, {
    hint: "Name one of its /etc/passwd, or a numeric uid or uid:gid.",
    cause,
  });
}
