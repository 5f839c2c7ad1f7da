import { MoorageError } from "../../base/errors.ts";
import { formatBytes } from "../../base/quantities.ts";
import type { CopyContext } from "../copy/copy-context.ts";
import { placeOf, type HostPlace, type SandboxPlace } from "../copy/place.ts";
import type { CopyReport } from "../copy/unpack-tree.ts";
import { printable } from "../output/text.ts";
import { EXIT } from "../exit-codes.ts";
import type { CliCommand, Session } from "../invocation.ts";

const MOST_NAMED = 10;

export const copyCommand: CliCommand = {
  words: ["sandbox", "cp"],
  summary: "Copy files and directories, of any size, between this host and a sandbox.",
  options: [],
  positionals: [
    { name: "SRC", required: true, description: "ID:PATH, or a path of this host. SRC/. copies what is in SRC." },
    {
      name: "DST",
      required: true,
      description: "The other of the two. Into a directory that is there, else as this name.",
    },
  ],
  runs: false,
  notes: [
    "Symbolic links are copied as links. Those that lead out of the workspace, or on this host out of the copy, are left out, and so are devices and pipes.",
    "Write ./ before a host path that has a colon in it.",
  ],
  execute: async ({ positionals: [from = "", to = ""] }, session) => {
    const { globals, host, io, signal } = session;
    const copy = copyBetween(placeOf(from, "SRC"), placeOf(to, "DST"));
    const engine = globals.engine === undefined ? {} : { engine: globals.engine };
    await using platform = await host.openPlatform({ ...engine, needsImages: false });
    const report = await copy({ platform, signal, directory: io.currentDirectory });
    return await tell(report, to, session);
  },
};

type Copy = (context: CopyContext) => Promise<CopyReport>;

// What reads and writes archives is loaded late: few commands need it.
function copyBetween(source: SandboxPlace | HostPlace, target: SandboxPlace | HostPlace): Copy {
  if (source.kind === "sandbox" && target.kind === "host")
    return async (context) => (await import("../copy/download.ts")).download(source, target, context);
  if (source.kind === "host" && target.kind === "sandbox")
    return async (context) => (await import("../copy/upload.ts")).upload(source, target, context);
  const [both, hint] =
    source.kind === "host"
      ? ["both are paths of this host", "Write the sandbox's side as ID:PATH, such as demo:out/report.html."]
      : ["both are in sandboxes", "Copy between two sandboxes by way of this host."];
  throw new MoorageError("INVALID_INPUT", `SRC and DST: expected one of them as ID:PATH (${both}).`, { hint });
}

async function tell({ files, bytes, refused }: CopyReport, target: string, { globals, ui }: Session): Promise<number> {
  const copied = `${files} ${files === 1 ? "file" : "files"} (${formatBytes(bytes)})`;
  if (refused.length === 0) {
    await (globals.json
      ? ui.out(`${JSON.stringify({ files, bytes })}\n`)
      : ui.success(`Copied ${copied} to ${printable(target)}`));
    return EXIT.ok;
  }
  const left = refused.length === 1 ? "1 entry was" : `${refused.length} entries were`;
  for (const { name, reason } of refused.slice(0, MOST_NAMED))
    await ui.warning(`${JSON.stringify(name)} was left out: ${reason}.`);
  throw new MoorageError("PATH_NOT_ALLOWED", `${left} left out; ${copied} copied.`, {
    hint: "Pack what must be copied as it is with tar inside the sandbox, and copy the archive.",
    details: { files, bytes, refused: refused.slice(0, 100) },
  });
}
