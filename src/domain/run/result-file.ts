import { placeFile } from "../workspace/place-file.ts";

export type ResultFile = { readonly agent_id: string } & Readonly<Record<string, unknown>>;

/**
 * Writes `.docker-result-{agent_id}` to the workspace, for pipelines that look for it there. The agent can change it
 * afterwards: what is to be trusted is the receipt.
 */
export async function writeResultFile(workspace: string, result: ResultFile): Promise<void> {
  await placeFile(workspace, `.docker-result-${result.agent_id}`, `${JSON.stringify(result)}\n`);
}
