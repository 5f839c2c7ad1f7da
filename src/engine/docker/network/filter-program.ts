import type { Enforcement } from "../../engine.ts";
import { findProgram, runProgram } from "./host-program.ts";

/** The tools that speak to the packet filter; `…-restore` stands beside each. */
export type FilterProgram = { readonly ipv4: string; readonly ipv6: string };

const DIRECTORIES = ["/usr/sbin", "/sbin", "/usr/local/sbin", "/usr/bin", "/bin", "/usr/local/bin"];
const VARIANTS = ["", "-nft", "-legacy"];
const FIX = "Run Moorage as root (or with CAP_NET_ADMIN) on the engine's own host with iptables installed.";

export type FoundProgram = { readonly program: FilterProgram } | Extract<Enforcement, { enforced: false }>;

/**
 * The tools in the variant in which the engine has its own rules, where both are installed; else the first that works
 * for this user.
 */
export async function findFilterProgram(): Promise<FoundProgram> {
  const found: FilterProgram[] = [];
  let problem = "iptables is not installed on this machine";
  for (const variant of VARIANTS) {
    const ipv4 = await findProgram(`iptables${variant}`, DIRECTORIES);
    const ipv6 = await findProgram(`ip6tables${variant}`, DIRECTORIES);
    if (ipv4 === undefined || ipv6 === undefined) continue;
    const tried = await runProgram(ipv4, ["-w", "15", "-t", "mangle", "-S", "PREROUTING"]);
    if (tried.code === 0) found.push({ ipv4, ipv6 });
    else problem = `this user may not set a packet filter (${tried.stderr.trim().split("\n")[0] ?? ""})`;
  }
  for (const program of found) {
    const { code } = await runProgram(program.ipv4, ["-w", "15", "-t", "filter", "-S", "DOCKER-USER"]);
    if (code === 0) return { program };
  }
  const [first] = found;
  return first === undefined ? { enforced: false, reason: problem, fix: FIX } : { program: first };
}
