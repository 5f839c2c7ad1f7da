import { resolve } from "node:path";
import { formatBytes } from "../../base/quantities.ts";
import type { OutlinedOperation } from "../../contracts/outline.ts";
import { refuseExisting, writeNewFile } from "../copy/new-file.ts";
import { EXIT } from "../exit-codes.ts";
import type { CliCommand, OptionSpec } from "../invocation.ts";
import { printable } from "../output/text.ts";
import { operationCommand } from "./operation-command.ts";

const OPTIONS: readonly OptionSpec[] = [
  { flag: "to", takes: "file", description: "File of this host to write, instead of printing it." },
  { flag: "force", description: "Replace the file where it is there already." },
];

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
      const to = given.options.get("to")?.at(-1);
      if (to === undefined) return await row.execute(given, session);
      const { globals, host, io, signal, ui } = session;
      const file = { given: to, path: resolve(io.currentDirectory, to), replace: given.options.has("force") };
      await refuseExisting(file);
      const engine = globals.engine === undefined ? {} : { engine: globals.engine };
      await using platform = await host.openPlatform({ ...engine, needsImages: true });
      const [reference = ""] = given.positionals;
      const { document, components, warnings } = await platform.image.sbom({ reference }, { signal });
      const bytes = await writeNewFile(file, one(`${JSON.stringify(document, undefined, 2)}\n`));
      for (const warning of warnings) await ui.warning(warning);
      const told = { reference, file: file.path, bytes, components };
      await (globals.json
        ? ui.out(`${JSON.stringify(told)}\n`)
        : ui.success(`Wrote ${components} packages to ${printable(to)} (${formatBytes(bytes)}).`));
      return EXIT.ok;
    },
  };
}

async function* one(text: string): AsyncGenerator<Uint8Array, void, undefined> {
  yield await Promise.resolve(Buffer.from(text));
}
