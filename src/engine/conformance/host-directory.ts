import { chown, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export type HostDirectory = AsyncDisposable & {
  readonly path: string;
  readonly owner: { readonly uid: number; readonly gid: number };
};

/** A directory of this host that belongs to an ordinary user; removed at the end. */
export async function makeHostDirectory(): Promise<HostDirectory> {
  const path = await mkdtemp(join(tmpdir(), "moorage-conformance-"));
  const uid = process.getuid?.() ?? 0;
  const owner = uid === 0 ? { uid: 4321, gid: 4322 } : { uid, gid: process.getgid?.() ?? uid };
  await chown(path, owner.uid, owner.gid);
  return { path, owner, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}
