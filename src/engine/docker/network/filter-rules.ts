import type { Bridge } from "./bridge.ts";

/**
 * What the internet is not: this network, private ranges, carriers' NAT (where some clouds have their metadata),
 * loopback, link-local addresses with the metadata service, protocol assignments, benchmarks, multicast, and what is
 * reserved.
 */
const NOT_INTERNET = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "224.0.0.0/3",
];

/** One table of the packet filter as `iptables-restore` reads it. */
type Table = {
  readonly chain: string;
  readonly rules: readonly string[];
  readonly jump: string | undefined;
  /** A rule that lets something into the host where its own firewall would not. */
  readonly admission?: string | undefined;
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
    ...(bridge.policy === "open" ? internetRules(nameservers) : ["-j DROP"]),
  ];
}

/** What the chain of a bridge, or the host's own firewall, lets through to the proxy. */
export function proxyRules({ gateway, proxyPort }: Bridge, verdict: "RETURN" | "ACCEPT"): readonly string[] {
  return proxyPort === undefined ? [] : [`-d ${gateway}/32 -p tcp -m tcp --dport ${proxyPort} -j ${verdict}`];
}

function internetRules(nameservers: readonly string[]): readonly string[] {
  const resolvers = nameservers.flatMap((address) =>
    ["udp", "tcp"].map((protocol) => `-d ${address}/32 -p ${protocol} --dport 53 -j RETURN`),
  );
  return [...resolvers, ...NOT_INTERNET.map((range) => `-d ${range} -j DROP`)];
}

/** Our bridges have no IPv6, except the addresses that kernels give to every interface. */
export const IPV6_RULES: readonly string[] = ["-j DROP"];

/** Replaces a chain as a whole, and puts the jump to it first when there is none; all at once or not at all. */
export function restoreScript({ chain, rules, jump, admission }: Table): string {
  const lines = rules.map((rule) => `-A ${chain} ${rule}`);
  const first = jump === undefined ? [] : [`-I PREROUTING 1 ${jump}`];
  const mangle = ["*mangle", `:${chain} - [0:0]`, ...lines, ...first, "COMMIT"];
  const filter = admission === undefined ? [] : ["*filter", `-I INPUT 1 ${admission}`, "COMMIT"];
  return [...mangle, ...filter, ""].join("\n");
}
