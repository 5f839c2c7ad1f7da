import type { FileStat } from "../../contracts/types.ts";
import type { FileCall } from "./file-call.ts";
import { parseMode, statFile } from "./files.ts";
import { entryPath, sandboxPath } from "./sandbox-path.ts";

export async function makeDirectory(call: FileCall, path: string, mode = "0755"): Promise<FileStat> {
  const { context, sandbox, signal } = call;
  const absolute = entryPath(path);
  await context.engine.files.makeDirectory(sandbox.id, { path: absolute, mode: parseMode(mode) }, signal);
  return statFile(call, absolute);
}

export type Move = { readonly from: string; readonly to: string; readonly overwrite?: boolean | undefined };

export async function moveFile(call: FileCall, { from, to, overwrite = false }: Move): Promise<FileStat> {
  const { context, sandbox, signal } = call;
  const absolute = entryPath(to);
  await context.engine.files.move(sandbox.id, { from: entryPath(from), to: absolute, overwrite }, signal);
  return statFile(call, absolute);
}

export async function changeMode(call: FileCall, path: string, mode: string): Promise<FileStat> {
  const { context, sandbox, signal } = call;
  const absolute = sandboxPath(path);
  await context.engine.files.chmod(sandbox.id, { path: absolute, mode: parseMode(mode) }, signal);
  return statFile(call, absolute);
}
