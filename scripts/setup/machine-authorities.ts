import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";

import { hasCode } from "./error-code.ts";

/** A certificate authority that the administrator added to this machine. */
export interface MachineAuthority {
  fileName: string;
  certificate: Buffer;
}

/** Where Debian and Ubuntu keep them. */
const ADDED_AUTHORITIES = "/usr/local/share/ca-certificates";

/**
 * The authorities that this machine trusts beyond the distribution's. Where a proxy opens TLS, package registries can
 * be reached from a container only by trusting the same ones.
 */
export async function machineAuthorities(directory = ADDED_AUTHORITIES): Promise<MachineAuthority[]> {
  const names = await readdir(directory).catch((error: unknown): string[] => {
    if (hasCode(error, "ENOENT")) return [];
    throw error;
  });
  const wanted = names.filter((name) => name.endsWith(".crt")).toSorted();
  return Promise.all(
    wanted.map(async (fileName) => ({ fileName, certificate: await readFile(join(directory, fileName)) })),
  );
}
