import { lstat, readlink, stat } from "node:fs/promises";

/** What of the host's own system a run can read. */
export type SystemTree = {
  /** Directories and files, mounted read-only under their own names. */
  readonly readable: readonly string[];
  readonly links: readonly { readonly path: string; readonly target: string }[];
};

const DIRECTORIES = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", "/libx32"];

// Nothing that tells of this host's people, keys or networks.
const CONFIGURATION = [
  "/etc/alternatives",
  "/etc/ca-certificates",
  "/etc/crypto-policies",
  "/etc/ld.so.cache",
  "/etc/ld.so.conf",
  "/etc/ld.so.conf.d",
  "/etc/localtime",
  "/etc/mime.types",
  "/etc/os-release",
  "/etc/pki/ca-trust/extracted",
  "/etc/pki/tls/certs",
  "/etc/protocols",
  "/etc/services",
  "/etc/ssl/certs",
  "/etc/ssl/openssl.cnf",
  "/etc/terminfo",
  "/etc/timezone",
];

/** The system directories that this host has; links between them (a merged /usr) stay links. */
export async function findSystemTree(): Promise<SystemTree> {
  const readable: string[] = [];
  const links: { path: string; target: string }[] = [];
  for (const path of DIRECTORIES) {
    const found = await lstat(path).catch(() => undefined);
    if (found?.isSymbolicLink()) links.push({ path, target: await readlink(path) });
    else if (found?.isDirectory()) readable.push(path);
  }
  for (const path of CONFIGURATION) {
    if ((await stat(path).catch(() => undefined)) !== undefined) readable.push(path);
  }
  return { readable, links };
}
