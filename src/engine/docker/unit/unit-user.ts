import type { Readable } from "node:stream";
import { extract } from "tar-stream";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import { answerOf } from "../api/api-errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import { bytesOf } from "../../../base/tar-streams.ts";

export type NumericUser = { readonly uid: number; readonly gid: number };

const SILENCE_MS = 30_000;
const MAX_FILE_BYTES = 1024 * 1024;

/**
 * The numbers of a container's configured user, `name`, `uid`, or one of them with `:group`, found as the engine finds
 * them: in the container's own passwd and group files.
 */
export async function resolveUser(
  api: EngineApi,
  containerId: string,
  configured: string | null | undefined,
): Promise<NumericUser> {
  const [name = "", group = ""] = (configured ?? "").split(":");
  if (["", "0", "root"].includes(name) && group === "") return { uid: 0, gid: 0 };
  if (isNumber(name) && isNumber(group)) return { uid: Number(name), gid: Number(group) };
  const entry = entryOf(await containerFile(api, containerId, "/etc/passwd"), name);
  const uid = isNumber(name) ? Number(name) : numberAt(entry, 2);
  const gid = group === "" ? (numberAt(entry, 3) ?? 0) : await groupId(api, containerId, group);
  if (uid !== undefined && gid !== undefined) return { uid, gid };
  const message = `The image's user "${configured ?? ""}" is in neither its passwd nor its group file.`;
  throw new MoorageError("START_FAILED", message, {
    hint: "Name a numeric user in the image, such as USER 1000:1000.",
  });
}

async function groupId(api: EngineApi, containerId: string, group: string): Promise<number | undefined> {
  if (isNumber(group)) return Number(group);
  return numberAt(entryOf(await containerFile(api, containerId, "/etc/group"), group), 2);
}

/** The colon-separated fields of the line of a passwd or group file that names this user, group or uid. */
function entryOf(file: string, name: string): readonly string[] {
  const lines = file.split("\n").map((line) => line.split(":"));
  return (
    lines.find((fields) => fields[0] === name) ?? lines.find((fields) => isNumber(name) && fields[2] === name) ?? []
  );
}

function numberAt(fields: readonly string[], index: number): number | undefined {
  const text = fields[index];
  return isNumber(text) ? Number(text) : undefined;
}

function isNumber(text: string | undefined): text is string {
  return text !== undefined && /^\d{1,10}$/.test(text);
}

/** A small text file of a container, empty when it has none. */
async function containerFile(api: EngineApi, containerId: string, path: string): Promise<string> {
  try {
    const tar = await api.stream({ method: "GET", path: `/containers/${containerId}/archive`, query: { path } });
    tar.setTimeout(SILENCE_MS, () => tar.destroy(new Error("Docker fell silent")));
    return await onlyEntry(tar);
  } catch (error) {
    if (answerOf(error)?.status === 404) return "";
    if (isMoorageError(error)) throw error;
    throw new MoorageError("ENGINE_FAILED", `Reading ${path} of the container broke off.`, { cause: error });
  }
}

async function onlyEntry(tar: Readable): Promise<string> {
  const archive = extract();
  tar.on("error", (error) => archive.destroy(error));
  let text = "";
  for await (const entry of tar.pipe(archive)) {
    for await (const chunk of bytesOf(entry)) {
      if (text.length < MAX_FILE_BYTES) text += Buffer.from(chunk).toString("latin1");
    }
  }
  return text;
}
