import { spawn } from "node:child_process";
import { once } from "node:events";
import { compare, type Contender } from "../compare.ts";
import { COMMAND } from "../server.ts";
import { IMAGE, type BenchCase } from "./bench.ts";
import { drain } from "./drain.ts";

const ROUNDS = 20;

/** The built command line: its start, and a job through a server beside the same job without the command line. */
export const command: BenchCase = {
  name: "command",
  run: async ({ server }) => {
    const env = { ...process.env, MOORAGE_HOME: server.home };
    const node = (name: string, ...args: string[]): Contender => ({ name, run: () => program(args, env) });
    const job = { image: IMAGE, command: ["true"] };
    const library = { name: "the same by the client library", run: () => drain(server.platform.job.run(job)) };
    return [
      await compare("moorage --version", [node("moorage", COMMAND, "--version"), node("node -e 0", "-e", "0")], {
        rounds: ROUNDS,
        goal: { ratio: 1.6 },
      }),
      await compare(
        "moorage run through a server",
        [node("moorage run", COMMAND, "run", "--image", IMAGE, "--", ...job.command), library],
        { rounds: ROUNDS, goal: { above: 60 } },
      ),
    ];
  },
};

async function program(args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> {
  const child = spawn(process.execPath, args, { env, stdio: "ignore" });
  await once(child, "exit");
  if (child.exitCode !== 0) throw new Error(`${args.join(" ")} ended with ${child.exitCode}.`);
}
