import type { OutlinedOperation } from "../../contracts/outline.ts";
import type { CliCommand } from "../invocation.ts";
import { operationCommand } from "./operation-command.ts";
import { namedFile, toFile, toFileOptions } from "./to-file.ts";

const OPTIONS = toFileOptions("File of this host to write, instead of printing it.");

/** `image sbom`: the bill itself, printed or in a file. */
export function sbomCommand(operation: OutlinedOperation): CliCommand {
  const row = operationCommand(operation);
  return {
    words: row.words,
    summary: row.summary,
    runs: row.runs,
    get options() {
      return [...row.options, ...OPTIONS];
    },
    get positionals() {
      return row.positionals;
    },
    execute: async (given, session) => {
      const file = namedFile(given, session);
      if (file === undefined) return await row.execute(given, session);
      const [reference = ""] = given.positionals;
      const { signal } = session;
      return await toFile(
        file,
        async ({ image }) => {
          const { document, components, warnings } = await image.sbom({ reference }, { signal });
          const content = one(`${JSON.stringify(document, undefined, 2)}\n`);
          return { content, what: `${components} packages`, told: { reference, components }, warnings };
        },
        session,
      );
    },
  };
}

async function* one(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(Buffer.from(text));
}
