import { chown, lstat, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newId } from "../../base/ids.ts";

type ResultFile = { readonly agent_id: string } & Readonly<Record<string, unknown>>;

/**
 * Writes `.docker-result-{agent_id}` to the workspace, for pipelines that look for it there. The agent can change it
 * afterwards: what is to be trusted is the receipt.
 */
export async function writeResultFile(workspace: string, result: ResultFile): Promise<void> {
  // A new file that takes the name over: whatever the agent put there, a symlink included, is replaced, not followed.
  const temporary = join(workspace, `.moorage-${newId()}`);
  try {
    await writeFile(temporary, `${JSON.stringify(result)}\n`, { flag: "wx", mode: 0o644 });
    const owner = await lstat(workspace);
    await chown(temporary, owner.uid, owner.gid);
    await rename(temporary, join(workspace, `.docker-result-${result.agent_id}`));
  } finally {
    await rm(temporary, { force: true });
  }
}
