import { SPECIAL_IPV4 } from "../../../base/special-addresses.ts";
import type { Bridge } from "./bridge.ts";

/** What a table of the packet filter is to become, for `iptables-restore`. */
export type FilterChange = {
  readonly chains: readonly { readonly name: string; readonly rules: readonly string[] }[];
  /** Jumps that are missing. */
  readonly jumps: readonly string[];
  /** Rules that are missing which let something into the host where its own firewall would not. */
  readonly admissions: readonly string[];
};

/**
 * The rules for what comes in by a bridge. They stand in `mangle`, which engines and most firewalls leave alone, and
 * before any address is rewritten: a published port is still an address of the host here. `nameservers`: those of the
 * host, which an open unit may ask, whatever range they are in.
 */
export function bridgeRules(bridge: Bridge, nameservers: readonly string[]): readonly string[] {
  return [
    "-m conntrack --ctstate ESTABLISHED,RELATED -j RETURN",
    ...proxyRules(bridge, "RETURN"),
    "-m addrtype --dst-type LOCAL -j DROP",
    ...memberRules(bridge),
    ...(bridge.policy === "open" ? internetRules(nameservers) : ["-j DROP"]),
  ];
}

/** What the chain of a bridge, or the host's own firewall, lets through to the proxy. */
export function proxyRules({ gateway, proxyPort }: Bridge, verdict: "RETURN" | "ACCEPT"): readonly string[] {
  return proxyPort === undefined ? [] : [`-d ${gateway}/32 -p tcp -m tcp --dport ${proxyPort} -j ${verdict}`];
}

/** Frames from member to member pass here as well. A broadcast would also be the host's, and goes nowhere. */
function memberRules({ members }: Bridge): readonly string[] {
  return members === undefined ? [] : [`-d ${members} -m addrtype --dst-type UNICAST -j RETURN`];
}

function internetRules(nameservers: readonly string[]): readonly string[] {
  const resolvers = nameservers.flatMap((address) =>
    ["udp", "tcp"].map((protocol) => `-d ${address}/32 -p ${protocol} --dport 53 -j RETURN`),
  );
  return [...resolvers, ...SPECIAL_IPV4.map(({ cidr }) => `-d ${cidr} -j DROP`)];
}

/** Our bridges have no IPv6, except the addresses that kernels give to every interface. */
export const IPV6_RULES: readonly string[] = ["-j DROP"];

/** Replaces the chains as a whole, and puts what is missing first; all at once or not at all. */
export function restoreScript({ chains, jumps, admissions }: FilterChange): string {
  const heads = chains.map(({ name }) => `:${name} - [0:0]`);
  const rules = chains.flatMap((chain) => chain.rules.map((rule) => `-A ${chain.name} ${rule}`));
  const mangle = ["*mangle", ...heads, ...rules, ...jumps.map((jump) => `-I PREROUTING 1 ${jump}`), "COMMIT"];
  const admitting = admissions.map((rule) => `-I INPUT 1 ${rule}`);
  const filter = admitting.length === 0 ? [] : ["*filter", ...admitting, "COMMIT"];
  return [...mangle, ...filter, ""].join("\n");
}
