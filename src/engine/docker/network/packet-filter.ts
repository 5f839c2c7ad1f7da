import { readFile } from "node:fs/promises";
import { MoorageError } from "../../../base/errors.ts";
import type { Bridge } from "./bridge.ts";
import { bridgeRules, IPV6_RULES, proxyRules, restoreScript } from "./filter-rules.ts";
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
      await set(program.ipv4, bridge.interface, {
        rules: bridgeRules(bridge, await readNameservers()),
        admissions: proxyRules(bridge, "ACCEPT").map((rule) => `-i ${bridge.interface} ${rule}`),
      });
      if (await hasIpv6()) await set(program.ipv6, bridge.interface, { rules: IPV6_RULES, admissions: [] });
    },
    forget: async (chain) => {
      for (const tool of [program.ipv4, program.ipv6]) await removeChain(tool, chain);
    },
  };
}

type Wanted = { readonly rules: readonly string[]; readonly admissions: readonly string[] };

async function set(tool: string, chain: string, { rules, admissions }: Wanted): Promise<void> {
  const jump = jumpTo(chain);
  const jumps = await succeeds(tool, ["-C", "PREROUTING", ...jump]);
  const [admission] = admissions;
  const admitted =
    admission === undefined || (await succeeds(tool, ["-C", "INPUT", ...admission.split(" ")], "filter"));
  const missing = { jump: jumps ? undefined : jump.join(" "), admission: admitted ? undefined : admission };
  await restore(tool, restoreScript({ chain, rules, ...missing }));
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
  for (const rule of await admissionsOf(tool, chain)) await succeeds(tool, ["-D", ...rule], "filter");
}

/** What stands in the host's own table for an interface, as words that take it away again. */
async function admissionsOf(tool: string, chain: string): Promise<readonly (readonly string[])[]> {
  const { stdout } = await runProgram(tool, [...WAIT, "-t", "filter", "-S", "INPUT"]);
  const words = stdout.split("\n").map((line) => line.split(" "));
  return words.filter((line) => line[0] === "-A" && line.includes(chain)).map((line) => line.slice(1));
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
