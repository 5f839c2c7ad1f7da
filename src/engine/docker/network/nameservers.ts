import { isIPv4 } from "node:net";
import { readFile } from "node:fs/promises";

/** What the engine asks for names: where the host's own file names a local stub, the stub's upstream file counts. */
const FILES = ["/etc/resolv.conf", "/run/systemd/resolve/resolv.conf"];

/** The IPv4 name servers of this host, without those on loopback, which the engine asks in the host's name. */
export async function readNameservers(): Promise<readonly string[]> {
  const found = new Set<string>();
  for (const file of FILES) for (const address of parseNameservers(await textOf(file))) found.add(address);
  return [...found];
}

export function parseNameservers(text: string): readonly string[] {
  const addresses = text.split("\n").map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? "");
  return addresses.filter((address) => isIPv4(address) && !address.startsWith("127."));
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, "utf8");
  } catch (error) {
    if (error instanceof Error && "code" in error && ["ENOENT", "ENOTDIR"].includes(String(error.code))) return "";
    throw error;
  }
}
