import { isMoorageError } from "../../base/errors.ts";
import type { Fixture, Unit } from "./fixture.ts";
import { readTar } from "./tar.ts";

/** The text of a file of a unit; undefined when it is missing or empty. */
export async function readText({ engine }: Fixture, unit: Unit, path: string): Promise<string | undefined> {
  try {
    const [entry] = await readTar(engine.files.download(unit.id, path));
    return entry?.content.toString() || undefined;
  } catch (error) {
    if (isMoorageError(error) && error.code === "FILE_NOT_FOUND") return undefined;
    throw error;
  }
}
