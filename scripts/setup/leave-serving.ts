import { join } from "node:path";

import { locations, openSocketPlatform } from "../../src/main/server.ts";
import { runForeground } from "./foreground.ts";
import type { Say } from "./say.ts";

export interface LeaveServing {
  root: string;
  /** Undefined: the engine chooses. */
  image: string | undefined;
  engine: "process" | undefined;
  env: NodeJS.ProcessEnv;
  say: Say;
  signal: AbortSignal;
}

/** Somebody watches for as long as they like: the longest time that a timer can wait. */
const FOR_AS_LONG_AS_IT_TAKES_MS = 2 ** 31 - 1;

/** True where somebody is there who can stop a server again. */
export function isWatched(): boolean {
  return process.stdin.isTTY && process.stdout.isTTY;
}

/** Leaves a server running on this terminal until Ctrl-C, and gives its exit code. */
export async function leaveServing({ root, image, engine, env, say, signal }: LeaveServing): Promise<number> {
  const { socket } = locations(env);
  const other = await openSocketPlatform(socket);
  if (other !== undefined) {
    await other[Symbol.asyncDispose]();
    say.title("A server is running already");
    say.line(`    It listens at ${socket}, and the commands above use it.`);
    say.line("    Ctrl-C where it was started stops it.");
    return 0;
  }
  say.title("The server");
  for (const line of howToUse(root, image)) say.line(`    ${line}`);
  say.line("");
  const argv = [join(root, "bin/moorage"), "serve", ...(engine === undefined ? [] : ["--engine", engine])] as const;
  const deadlineMs = FOR_AS_LONG_AS_IT_TAKES_MS;
  const code = await runForeground(argv, { cwd: root, env: { MOORAGE_LOG: "warn", ...env }, signal, deadlineMs });
  if (code === 0) say.ok("the server has stopped; sandboxes stay, and the next start finds them again");
  else
    say.line(
      "The first program has run all the same: `MOORAGE_LISTEN=127.0.0.1:7071 npm start` names another address.",
    );
  return code;
}

function howToUse(root: string, image: string | undefined): readonly string[] {
  const option = image === undefined ? "" : ` --image ${image}`;
  return [
    "It stays until Ctrl-C. In another terminal, without any key, for you are you:",
    `  cd ${root}`,
    `  bin/moorage sandbox create --name lab${option} && bin/moorage sandbox exec lab -- id`,
    "For programs, and for others, by a key:",
    "  export MOORAGE_URL=http://127.0.0.1:7070 MOORAGE_KEY=$(bin/moorage key create --name first)",
  ];
}
