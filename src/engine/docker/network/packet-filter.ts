import { readFile } from "node:fs/promises";
import { MoorageError } from "../../../base/errors.ts";
import type { Bridge } from "./bridge.ts";
import { bridgeRules, IPV6_RULES, proxyRules, restoreScript, type FilterChange } from "./filter-rules.ts";
import { runProgram } from "./host-program.ts";
import { readNameservers } from "./nameservers.ts";
import type { FilterProgram } from "./filter-program.ts";

/** Of the lock that all users of the packet filter share, in seconds. */
const WAIT = ["-w", "15"];
/** So many equal jumps are taken away at most: two that set one at the same time leave two. */
const MOST_JUMPS = 16;

/** The packet filter of this host, as far as our bridges are concerned. Nothing of others is touched. */
export type PacketFilter = {
  /**
   * Sets the rules of bridges; doing so again changes nothing. It takes the same few programs for one as for hundreds.
   * ENGINE_FAILED when the kernel takes them not.
   */
  readonly close: (bridges: readonly Bridge[]) => Promise<void>;
  /** Takes the rules of an interface away; absent ones are no error. */
  readonly forget: (interfaceName: string) => Promise<void>;
};

export function createPacketFilter(program: FilterProgram): PacketFilter {
  return {
    close: async (bridges) => {
      if (bridges.length === 0) return;
      const nameservers = await readNameservers();
      const chains = bridges.map((bridge) => ({ name: bridge.interface, rules: bridgeRules(bridge, nameservers) }));
      await set(program.ipv4, chains, bridges);
      const closed = bridges.map((bridge) => ({ name: bridge.interface, rules: IPV6_RULES }));
      if (await hasIpv6()) await set(program.ipv6, closed, []);
    },
    forget: async (chain) => {
      for (const tool of [program.ipv4, program.ipv6]) await removeChain(tool, chain);
    },
  };
}

/** `bridges`: those whose proxies the host's own firewall has to let through. */
async function set(tool: string, chains: FilterChange["chains"], bridges: readonly Bridge[]): Promise<void> {
  const jumps = new Set((await rulesOf(tool, "PREROUTING", "mangle")).map((words) => words.join(" ")));
  const missing = chains.map(({ name }) => jumpTo(name).join(" ")).filter((jump) => !jumps.has(jump));
  const admissions = bridges.flatMap((bridge) =>
    proxyRules(bridge, "ACCEPT").map((rule) => `-i ${bridge.interface} ${rule}`),
  );
  const admitted = admissions.length === 0 ? [] : await rulesOf(tool, "INPUT", "filter");
  const isMissing = (rule: string): boolean =>
    !admitted.some((words) => rule.split(" ").every((w) => words.includes(w)));
  await restore(tool, restoreScript({ chains, jumps: missing, admissions: admissions.filter(isMissing) }));
}

function jumpTo(chain: string): readonly string[] {
  return ["-i", chain, "-j", chain];
}

/** The rules of a chain, as the words behind `-A CHAIN`. */
async function rulesOf(tool: string, chain: string, table: string): Promise<readonly (readonly string[])[]> {
  const { stdout } = await runProgram(tool, [...WAIT, "-t", table, "-S", chain]);
  const lines = stdout.split("\n").map((line) => line.split(" "));
  return lines.filter((line) => line[0] === "-A").map((line) => line.slice(2));
}

async function removeChain(tool: string, chain: string): Promise<void> {
  if (!(await succeeds(tool, ["-S", chain]))) return;
  for (let jumps = 0; jumps < MOST_JUMPS; jumps += 1) {
    if (!(await succeeds(tool, ["-D", "PREROUTING", ...jumpTo(chain)]))) break;
  }
  await succeeds(tool, ["-F", chain]);
  await succeeds(tool, ["-X", chain]);
  const admissions = await rulesOf(tool, "INPUT", "filter");
  for (const rule of admissions) if (rule.includes(chain)) await succeeds(tool, ["-D", "INPUT", ...rule], "filter");
}

async function succeeds(tool: string, args: readonly string[], table = "mangle"): Promise<boolean> {
  const { code } = await runProgram(tool, [...WAIT, "-t", table, ...args]);
  return code === 0;
}

async function restore(tool: string, script: string): Promise<void> {
  const { code, stderr } = await runProgram(`${tool}-restore`, [...WAIT, "--noflush"], script);
  if (code === 0) return;
  const message = `The packet filter of this host did not take a rule: ${stderr.trim() || `code ${code}`}.`;
  throw new MoorageError("ENGINE_FAILED", message, {
    hint: `Try \`${tool} -t mangle -S\` as the user of this process, and load the kernel's modules xt_conntrack and xt_addrtype.`,
  });
}

/** Kernels without IPv6 have no such table, and nothing to close. */
async function hasIpv6(): Promise<boolean> {
  try {
    return (await readFile("/proc/net/if_inet6", "utf8")) !== "";
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return false;
    throw error;
  }
}
