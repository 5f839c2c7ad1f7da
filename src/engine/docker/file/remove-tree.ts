import { MoorageError } from "../../../base/errors.ts";
import { runCommand, type CommandContext } from "../run/run-command.ts";

/** Removes what is at a real path, by a program of the container. */
export async function removeTree(
  context: CommandContext,
  { containerId, path }: { readonly containerId: string; readonly path: string },
  signal?: AbortSignal,
): Promise<void> {
  const { exitCode, stdout, stderr } = await runCommand(context, {
    containerId,
    command: ["rm", "-rf", "--", path],
    signal,
  });
  if (exitCode === 0) return;
  const words = stderr || stdout.toString().trim();
  if (/permission denied|not permitted|read-only/i.test(words)) {
    throw new MoorageError("PATH_NOT_ALLOWED", `The sandbox's user may not remove "${path}": ${words}`);
  }
  throw new MoorageError("ENGINE_FAILED", `Removing "${path}" failed with code ${exitCode}: ${words}`);
}
