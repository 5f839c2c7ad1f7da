import { open } from "node:fs/promises";
import { MoorageError } from "../base/errors.ts";
import { Secret } from "../base/secret.ts";

const LEAST_BYTES = 32;
const MOST_BYTES = 1000;
const OTHERS = 0o077;

/** The secret that a proxy shares with this server, of a file that nobody else may read. */
export async function readProxySecret(path: string): Promise<Secret> {
  await using file = await open(path, "r").catch((cause: unknown) => {
    throw refused(path, "it cannot be opened", cause);
  });
  const { mode, size } = await file.stat();
  if ((mode & OTHERS) !== 0) {
    throw refused(path, `expected the mode 0600, got 0${(mode & 0o777).toString(8)}`);
  }
  if (size > MOST_BYTES) throw refused(path, `expected at most ${MOST_BYTES} bytes, got ${size}`);
  const secret = (await file.readFile("utf8")).trim();
  const bytes = Buffer.byteLength(secret);
  if (bytes < LEAST_BYTES) throw refused(path, `expected at least ${LEAST_BYTES} bytes, got ${bytes}`);
  if (!/^[!-+\--~]+$/.test(secret)) {
    throw refused(path, "expected one line of visible ASCII without commas, as a header can carry it");
  }
  return new Secret(secret);
}

function refused(path: string, why: string, cause?: unknown): MoorageError {
  return new MoorageError("INVALID_INPUT", `identity.proxy.secretFile: ${JSON.stringify(path)}: ${why}.`, {
    hint: "Make one with `(umask 077; openssl rand -hex 32 > FILE)`.",
    cause,
  });
}
