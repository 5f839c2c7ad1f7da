import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { MoorageError } from "../../../base/errors.ts";
import type { TlsFiles } from "./endpoint.ts";

/**
 * The certificates of a directory as Docker lays them out: `ca.pem`, which is needed, and `cert.pem` with `key.pem`,
 * which come together. `name` is what messages call the directory.
 */
export async function readTlsFiles(directory: string, name: string): Promise<TlsFiles> {
  const [ca, cert, key] = await Promise.all(
    ["ca.pem", "cert.pem", "key.pem"].map((file) => textOf(join(directory, file))),
  );
  if (ca === undefined) throw incomplete(directory, name, "ca.pem, which proves that the engine is the right one");
  if (cert === undefined && key === undefined) return { ca };
  if (cert === undefined || key === undefined) {
    const missing = cert === undefined ? "cert.pem" : "key.pem";
    throw incomplete(directory, name, `${missing}, since a client's certificate needs its key`);
  }
  return { ca, cert, key };
}

function incomplete(directory: string, name: string, expected: string): MoorageError {
  return new MoorageError("INVALID_INPUT", `${name} is "${directory}"; expected a directory with ${expected}.`, {
    hint: "How to make certificates for an engine: https://docs.docker.com/engine/security/protect-access/",
  });
}

async function textOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw new MoorageError("INVALID_INPUT", `The file ${path} cannot be read.`, { cause: error });
  }
}
