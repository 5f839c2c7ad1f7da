import { lstat, open, rename, rm } from "node:fs/promises";
import { join } from "node:path";
import { newId } from "../../base/ids.ts";

/** Writes a file of ours into an agent's workspace and answers its path. */
export async function placeFile(workspace: string, name: string, content: string | Uint8Array): Promise<string> {
  // A new file that takes the name over: whatever the agent put there, a symlink included, is replaced, not followed.
  const temporary = join(workspace, `.moorage-${newId()}`);
  const path = join(workspace, name);
  try {
    const owner = await lstat(workspace);
    await using file = await open(temporary, "wx", 0o644);
    await file.writeFile(content);
    // By the handle: another agent that works in the same directory may have put a link in the place of the name.
    await file.chown(owner.uid, owner.gid);
    await rename(temporary, path);
  } finally {
    await rm(temporary, { force: true });
  }
  return path;
}
