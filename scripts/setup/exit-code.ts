import { terminalSay } from "./say.ts";

/** Runs a command and gives its exit code; what it throws is told in one place, without a stack. */
export async function exitCodeOf(command: () => Promise<number>): Promise<number> {
  try {
    return await command();
  } catch (error) {
    terminalSay().fail(error instanceof Error ? error.message : String(error));
    return 1;
  }
}
