import { runProgram } from "../host-program.ts";

/** All rules of the table that ours are in. */
export async function mangleRules(tool: "iptables" | "ip6tables"): Promise<string> {
  return (await runProgram(`/usr/sbin/${tool}`, ["-w", "15", "-t", "mangle", "-S"])).stdout;
}

/** What a careless administrator does: takes the jump to a chain away, and empties it. */
export async function clearChain(chain: string): Promise<void> {
  for (const args of [
    ["-D", "PREROUTING", "-i", chain, "-j", chain],
    ["-F", chain],
  ]) {
    await runProgram("/usr/sbin/iptables", ["-w", "15", "-t", "mangle", ...args]);
  }
}
