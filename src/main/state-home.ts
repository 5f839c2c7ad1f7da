import { createPrivateKey, generateKeyPairSync, randomBytes, type KeyObject } from "node:crypto";
import { chmod, link, mkdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { MoorageError } from "../base/errors.ts";
import { ID_PATTERN, newId } from "../base/ids.ts";
import { noSpaceForState } from "../store/no-space.ts";

/** What makes this deployment itself: its id and its keys, made at the first start and kept with mode 0600. */
export type StateHome = {
  readonly directory: string;
  readonly deployment: string;
  /** Signs the labels of what is made on engines. */
  readonly labelKey: Uint8Array;
  /** Ed25519; signs receipts. */
  readonly receiptKey: KeyObject;
  readonly database: string;
};

/** Opens the state directory and makes what is missing. STATE_UNUSABLE when it cannot be used. */
export async function openStateHome(directory: string): Promise<StateHome> {
  try {
    for (const name of ["keys", "run", "run/agent"]) await makeDirectory(join(directory, name));
    // It is mounted into containers, whose users are others; here only who may enter the one above gets there.
    await chmod(join(directory, "run", "agent"), 0o755);
    const deployment = await kept(join(directory, "keys", "deployment"), newId);
    const labelKey = await kept(join(directory, "keys", "labels"), () => randomBytes(32).toString("hex"));
    const receiptKey = await kept(join(directory, "keys", "receipts.pem"), newReceiptKey);
    if (!ID_PATTERN.test(deployment)) throw new Error("keys/deployment does not hold an id");
    if (!/^[0-9a-f]{64}$/.test(labelKey)) throw new Error("keys/labels does not hold 32 bytes in hexadecimal digits");
    await requirePrivate(directory);
    return {
      directory,
      deployment,
      labelKey: Buffer.from(labelKey, "hex"),
      receiptKey: createPrivateKey(receiptKey),
      database: join(directory, "moorage.db"),
    };
  } catch (error) {
    if (hasCode(error, "ENOSPC")) throw noSpaceForState(directory, error);
    const reason = error instanceof Error ? error.message : String(error);
    throw new MoorageError("STATE_UNUSABLE", `The state in ${directory} cannot be used: ${reason}.`, { cause: error });
  }
}

/** Who can write in the directory could put keys of his own there; who can read, read what sandboxes were given. */
async function requirePrivate(directory: string): Promise<void> {
  const { mode } = await stat(directory);
  if ((mode & 0o077) === 0) return;
  if ((mode & 0o022) !== 0)
    throw new Error(`others may write there (mode ${(mode & 0o777).toString(8)}); chmod it to 700`);
  await chmod(directory, 0o700);
}

// Node's own recursive mkdir never ends where a parent can neither be made nor found, as below /proc.
async function makeDirectory(path: string, parentIsThere = false): Promise<void> {
  try {
    await mkdir(path, { mode: 0o700 });
  } catch (error) {
    if (hasCode(error, "EEXIST")) return;
    if (parentIsThere || !hasCode(error, "ENOENT")) throw error;
    await makeDirectory(dirname(path));
    await makeDirectory(path, true);
  }
}

function newReceiptKey(): string {
  return generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();
}

/** The file's content; when there is none, a new one that appears whole, or that of whoever was faster. */
async function kept(path: string, make: () => string): Promise<string> {
  const before = await contentOf(path);
  if (before !== undefined) return before;
  const temporary = `${path}.${newId()}`;
  try {
    await writeFile(temporary, make(), { flag: "wx", mode: 0o600, flush: true });
    await link(temporary, path);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
  } finally {
    await rm(temporary, { force: true });
  }
  return readFile(path, "utf8");
}

async function contentOf(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (hasCode(error, "ENOENT")) return undefined;
    throw error;
  }
}

function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
