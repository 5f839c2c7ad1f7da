import { randomInt } from "node:crypto";
import { readFile } from "node:fs/promises";

/** Ranges that few use; a unit's own bridge needs four addresses of one. */
const POOLS = ["10.213.0.0", "10.147.0.0", "172.29.0.0", "192.168.0.0"].map((base) => ({
  base: numberOf(base),
  bits: 16,
}));
const TRIES = 64;

export type Subnet = { readonly cidr: string; readonly gateway: string };
export type Range = { readonly base: number; readonly bits: number };

/** A random subnet of ours that overlaps with none of the ranges; undefined when none was found. */
export function pickSubnet(bits: number, taken: readonly Range[]): Subnet | undefined {
  const size = 2 ** (32 - bits);
  for (const pool of POOLS) {
    for (let attempt = 0; attempt < TRIES; attempt += 1) {
      const base = pool.base + randomInt(2 ** (32 - pool.bits) / size) * size;
      if (taken.some((range) => overlap(range, { base, bits }))) continue;
      return { cidr: `${textOf(base)}/${bits}`, gateway: textOf(base + 1) };
    }
  }
  return undefined;
}

/** The ranges that this host has routes to, without the default route. */
export async function routedRanges(): Promise<readonly Range[]> {
  return parseRoutes(await readFile("/proc/net/route", "utf8"));
}

/** Lines of /proc/net/route: interface, destination, gateway, …, mask; addresses in hexadecimal, last byte first. */
export function parseRoutes(text: string): readonly Range[] {
  const rows = text
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.split(/\s+/));
  return rows.flatMap(([, destination = "", , , , , , mask = ""]) => {
    const bits = swapped(mask).toString(2).replaceAll("0", "").length;
    return bits === 0 ? [] : [{ base: swapped(destination), bits }];
  });
}

function swapped(hex: string): number {
  return Buffer.from(hex.padStart(8, "0"), "hex").readUInt32LE();
}

function overlap(a: Range, b: Range): boolean {
  const size = 2 ** (32 - Math.min(a.bits, b.bits));
  return Math.floor(a.base / size) === Math.floor(b.base / size);
}

function numberOf(address: string): number {
  return Buffer.from(address.split(".").map(Number)).readUInt32BE();
}

function textOf(base: number): string {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(base);
  return bytes.join(".");
}
