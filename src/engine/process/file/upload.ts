import { finished } from "node:stream/promises";
import { Once } from "../../../base/once.ts";
import type { EngineParts } from "../engine-parts.ts";
import { checkedArchive } from "./checked-archive.ts";
import { fileError } from "./file-errors.ts";
import { startFileProgram, TRANSFER_MS, type FileProgram } from "./file-program.ts";
import { CHECK, REFUSED, UPLOAD } from "./file-scripts.ts";
import type { Unit } from "../unit/unit-store.ts";

export type Upload = { readonly unit: Unit; readonly path: string; readonly tar: AsyncIterable<Uint8Array> };

/** Unpacks an archive as the unit's user. */
export async function uploadArchive(
  parts: EngineParts,
  { unit, path, tar }: Upload,
  signal?: AbortSignal,
): Promise<void> {
  const program = await startFileProgram(
    parts,
    { unit, script: UPLOAD, args: [path], withStdin: true, deadlineMs: TRANSFER_MS },
    signal,
  );
  const archive = checkedArchive(tar, path);
  program.stdout.resume();
  try {
    await send(archive.tar, program);
  } catch (error) {
    program.kill();
    await program.ended.catch(() => undefined);
    throw error;
  }
  const end = await program.ended;
  if (end.code === 0) return;
  if (end.code < REFUSED.outside) await refuseWaysOut(parts, { unit, path, parents: archive.parents }, signal);
  throw fileError("Unpacking into", path, end);
}

/** Stops early when the program has ended. */
async function send(tar: AsyncIterable<Uint8Array>, { stdin, ended }: FileProgram): Promise<void> {
  const over = new Once(finished(stdin, { readable: false }).catch(() => undefined));
  void ended.then(
    () => stdin.destroy(),
    () => stdin.destroy(),
  );
  for await (const chunk of tar) {
    if (stdin.destroyed) return;
    if (!stdin.write(chunk)) await over.or(new Promise((resolve) => void stdin.once("drain", resolve)));
  }
  stdin.end();
  await over.promise;
}

type Ways = { readonly unit: Unit; readonly path: string; readonly parents: ReadonlySet<string> };

/** Whether unpacking failed because a directory of the archive is a link out of the workspace. */
async function refuseWaysOut(
  parts: EngineParts,
  { unit, path, parents }: Ways,
  signal: AbortSignal | undefined,
): Promise<void> {
  const program = await startFileProgram(parts, { unit, script: CHECK, args: [path, ...parents] }, signal);
  program.stdout.resume();
  const end = await program.ended;
  if (end.code !== 0) throw fileError("Unpacking into", path, end);
}
