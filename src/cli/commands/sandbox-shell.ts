import { MoorageError } from "../../base/errors.ts";
import { SHELL } from "../../contracts/terminal.ts";
import type { CliCommand } from "../invocation.ts";
import { followInteractive } from "./follow-interactive.ts";

export const shellCommand: CliCommand = {
  words: ["sandbox", "shell"],
  summary: "Open a shell in a sandbox, on this terminal.",
  options: [
    {
      flag: "user",
      short: "u",
      takes: "user",
      description: "Whom to run as in the sandbox: a name there, UID or UID:GID; its own user otherwise.",
    },
  ],
  positionals: [{ name: "ID", required: true, description: "A sandbox's id, its name, or its conversation id." }],
  runs: true,
  notes: ["Ctrl-P Ctrl-Q leaves the shell running where a server keeps it; its id is printed then."],
  execute: async ({ positionals: [id = ""], options }, session) => {
    const { globals, host, io } = session;
    if (io.terminal === undefined) {
      throw new MoorageError("INVALID_INPUT", "sandbox shell: expected a terminal on stdin and stdout (got none).", {
        hint: `Without one, run commands: \`moorage sandbox exec ${id} -- COMMAND\`.`,
      });
    }
    const user = options.get("user")?.at(-1);
    const input = {
      id,
      command: SHELL,
      interactive: true,
      tty: io.terminal.size(),
      env: { TERM: io.terminal.type },
      ...(user === undefined ? {} : { user }),
    };
    const engine = globals.engine === undefined ? {} : { engine: globals.engine };
    await using platform = await host.openPlatform({ ...engine, needsImages: false });
    const start = (signal: AbortSignal) => platform.sandbox.exec(input, { signal });
    return await followInteractive({ start, run: platform.run, tty: true }, session);
  },
};
