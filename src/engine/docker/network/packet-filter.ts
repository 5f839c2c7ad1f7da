import { readFile } from "node:fs/promises";
import { MoorageError } from "../../../base/errors.ts";
import type { Bridge } from "./bridge.ts";
import { bridgeRules, IPV6_RULES, restoreScript } from "./filter-rules.ts";
import { runProgram } from "./host-program.ts";
import { readNameservers } from "./nameservers.ts";
import type { FilterProgram } from "./filter-program.ts";

/** Of the lock that all users of the packet filter share, in seconds. */
const WAIT = ["-w", "15"];
/** So many equal jumps are taken away at most: two that set one at the same time leave two. */
const MOST_JUMPS = 16;

/** The packet filter of this host, as far as our bridges are concerned. Nothing of others is touched. */
export type PacketFilter = {
  /** Sets the rules of a bridge; doing so again changes nothing. ENGINE_FAILED when the kernel takes them not. */
  readonly close: (bridge: Bridge) => Promise<void>;
  /** Takes the rules of an interface away; absent ones are no error. */
  readonly forget: (interfaceName: string) => Promise<void>;
};

export function createPacketFilter(program: FilterProgram): PacketFilter {
  return {
    close: async (bridge) => {
      const chain = bridge.interface;
      const jump = jumpTo(chain);
      for (const [tool, rules] of [
        [program.ipv4, bridgeRules(bridge, await readNameservers())],
        [program.ipv6, IPV6_RULES],
      ] as const) {
        if (tool === program.ipv6 && !(await hasIpv6())) continue;
        const missing = !(await succeeds(tool, ["-C", "PREROUTING", ...jump]));
        const script = restoreScript({ chain, rules, jump: missing ? jump.join(" ") : undefined });
        await restore(tool, script);
      }
    },
    forget: async (chain) => {
      for (const tool of [program.ipv4, program.ipv6]) await removeChain(tool, chain);
    },
  };
}

function jumpTo(chain: string): readonly string[] {
  return ["-i", chain, "-j", chain];
}

async function removeChain(tool: string, chain: string): Promise<void> {
  if (!(await succeeds(tool, ["-S", chain]))) return;
  for (let jumps = 0; jumps < MOST_JUMPS; jumps += 1) {
    if (!(await succeeds(tool, ["-D", "PREROUTING", ...jumpTo(chain)]))) break;
  }
  await succeeds(tool, ["-F", chain]);
  await succeeds(tool, ["-X", chain]);
}

async function succeeds(tool: string, args: readonly string[]): Promise<boolean> {
  const { code } = await runProgram(tool, [...WAIT, "-t", "mangle", ...args]);
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
