import { open } from "node:fs/promises";
import { MoorageError } from "../base/errors.ts";
import { Secret } from "../base/secret.ts";

const MOST_BYTES = 1000;
const OTHERS = 0o077;

const IN_HEADERS: Shape = {
  pattern: /^[!-+\--~]+$/,
  told: "one line of visible ASCII without commas, as a header can carry it",
};
const ONE_LINE: Shape = { pattern: /^[ -~]+$/, told: "one line of visible ASCII" };

type Wanted = { readonly setting: string; readonly leastBytes: number; readonly hint: string; readonly shape: Shape };
type Shape = { readonly pattern: RegExp; readonly told: string };

/** The secret that a proxy shares with this server, of a file that nobody else may read. */
export function readProxySecret(path: string): Promise<Secret> {
  const hint = "Make one with `(umask 077; openssl rand -hex 32 > FILE)`.";
  return readSecret(path, { setting: "identity.proxy.secretFile", leastBytes: 32, hint, shape: IN_HEADERS });
}

/** The secret of this server as a client of an issuer, of such a file, too. */
export function readClientSecret(path: string): Promise<Secret> {
  const hint = "Write the client secret that the identity provider shows to the file, and `chmod 600` it.";
  return readSecret(path, { setting: "identity.login.secretFile", leastBytes: 1, hint, shape: ONE_LINE });
}

async function readSecret(path: string, { setting, leastBytes, hint, shape }: Wanted): Promise<Secret> {
  const refused = (why: string, cause?: unknown): MoorageError =>
    new MoorageError("INVALID_INPUT", `${setting}: ${JSON.stringify(path)}: ${why}.`, { hint, cause });
  await using file = await open(path, "r").catch((cause: unknown) => {
    throw refused("it cannot be opened", cause);
  });
  const { mode, size } = await file.stat();
  if ((mode & OTHERS) !== 0) {
    throw refused(`expected the mode 0600, got 0${(mode & 0o777).toString(8)}`);
  }
  if (size > MOST_BYTES) throw refused(`expected at most ${MOST_BYTES} bytes, got ${size}`);
  const secret = (await file.readFile("utf8")).trim();
  const bytes = Buffer.byteLength(secret);
  if (bytes < leastBytes)
    throw refused(`expected at least ${leastBytes} ${leastBytes === 1 ? "byte" : "bytes"}, got ${bytes}`);
  if (!shape.pattern.test(secret)) {
    throw refused(`expected ${shape.told}`);
  }
  return new Secret(secret);
}
