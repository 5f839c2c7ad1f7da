import { posix } from "node:path";
import { extract, type Header } from "tar-stream";
import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import { confined } from "./confined.ts";
import type { MemoryUnit } from "../memory-host.ts";

/** Unpacks tar into a physical directory of the unit, for the unit's user. */
export async function unpackTar(unit: MemoryUnit, directory: string, tar: AsyncIterable<Uint8Array>): Promise<void> {
  await makeDirectories(unit, directory);
  const archive = extract();
  // The loop below is told of it too, as a rejection.
  archive.on("error", () => undefined);
  let failure: MoorageError | undefined;
  const feeding = feed(archive, tar).catch((error: unknown) => {
    failure = brokenSource(error);
    archive.destroy();
  });
  try {
    for await (const entry of archive) {
      const chunks: Uint8Array[] = [];
      for await (const chunk of entry) if (chunk instanceof Uint8Array) chunks.push(chunk);
      await unpackEntry(unit, directory, { header: entry.header, data: Buffer.concat(chunks) });
    }
    await feeding;
  } catch (error) {
    archive.destroy();
    if (failure !== undefined) throw failure;
    if (isMoorageError(error)) throw error;
    throw new MoorageError("INVALID_INPUT", "The upload is no readable tar archive.", { cause: error });
  }
  if (failure !== undefined) throw failure;
}

function brokenSource(cause: unknown): MoorageError {
  return isMoorageError(cause) ? cause : new MoorageError("INVALID_INPUT", "The upload broke off.", { cause });
}

async function feed(archive: ReturnType<typeof extract>, tar: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of tar) {
    if (archive.destroying) return;
    if (archive.write(Buffer.from(chunk))) continue;
    await new Promise<void>((resolve) => archive.once("drain", resolve).once("close", resolve));
  }
  archive.end(undefined);
}

async function unpackEntry(
  unit: MemoryUnit,
  directory: string,
  entry: { header: Header; data: Buffer },
): Promise<void> {
  const { header, data } = entry;
  const parts = header.name.split("/").filter((part) => part !== "" && part !== ".");
  if (header.name.startsWith("/") || parts.includes(".."))
    throw refused(header, "expected a relative name without `..`");
  if (parts.length === 0) return;
  const { files, user } = unit;
  const parent = await confined(unit, posix.dirname(`${directory}/${parts.join("/")}`), true);
  const at = `${parent}/${parts.at(-1)}`;
  const wish = { mode: header.mode & 0o777, owner: user, modifiedAt: header.mtime.getTime() };
  if (header.type === "directory") {
    if ((await files.stat(await confined(unit, at, true)))?.type === "directory") return;
    return makeDirectories(unit, at, wish.mode);
  }
  await makeDirectories(unit, parent);
  const content = header.type === "link" ? await linked(unit, directory, header) : data;
  if (!["file", "link", "symlink", "contiguous-file"].includes(header.type)) throw refused(header, "expected files");
  if (header.type === "symlink") await confined(unit, posix.resolve(parent, header.linkname), true);
  await files.remove(at);
  if (header.type === "symlink") await files.link(header.linkname, at, user);
  else await files.write(at, content, wish);
}

// A hard link inside the archive's directory becomes a copy.
async function linked(unit: MemoryUnit, directory: string, header: Header): Promise<Uint8Array> {
  const target = posix.join(directory, header.linkname);
  if (header.linkname.startsWith("/") || !target.startsWith(`${directory}/`)) throw refused(header, "it leads out");
  return unit.files.read(await confined(unit, target, false));
}

async function makeDirectories(unit: MemoryUnit, path: string, mode = 0o755): Promise<void> {
  if (path === "/" || path === "") return;
  const there = await unit.files.stat(path);
  if (there?.type === "directory") return;
  if (there !== undefined) throw new MoorageError("INVALID_INPUT", `${path} is a ${there.type}, not a directory.`);
  await makeDirectories(unit, posix.dirname(path));
  await unit.files.makeDirectory(path, { mode, owner: unit.user });
}

function refused(header: Header, why: string): MoorageError {
  const message = `The entry ${JSON.stringify(header.name)} (${header.type}) of the upload is not allowed: ${why}.`;
  return new MoorageError("PATH_NOT_ALLOWED", message);
}
