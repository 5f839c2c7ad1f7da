import { createInterface } from "node:readline/promises";

export interface Circumstances {
  /** Somebody can be asked. */
  terminal: boolean;
  /** A continuous integration machine: set up without asking. */
  ci: boolean;
  root: boolean;
}

/** `npm start` installs without asking for root where nobody can be asked; `npm test` only where CI says so. */
export type Command = "start" | "test";

export function circumstances(environment: NodeJS.ProcessEnv): Circumstances {
  const ci = environment["CI"];
  return {
    terminal: process.stdin.isTTY && process.stdout.isTTY,
    ci: Boolean(ci) && ci !== "false" && ci !== "0",
    root: process.getuid?.() === 0,
  };
}

/** What to do before this machine is changed. */
export function decideConsent(command: Command, { terminal, ci, root }: Circumstances): "ask" | "go" | "refuse" {
  if (command === "test" && ci) return "go";
  if (terminal && !ci) return "ask";
  return command === "start" && root ? "go" : "refuse";
}

/** Asks for a yes on the terminal; anything else is a no. */
export async function askYes(question: string, signal: AbortSignal): Promise<boolean> {
  const prompt = createInterface({ input: process.stdin, output: process.stdout });
  // The prompt keeps Ctrl-C to itself otherwise.
  prompt.on("SIGINT", () => process.kill(process.pid, "SIGINT"));
  try {
    const answer = await prompt.question(`${question} [y/N] `, { signal });
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    prompt.close();
  }
}
