import { BlockList, isIPv4 } from "node:net";
import type { NetworkInterfaceInfo } from "node:os";

type Interfaces = Readonly<
  Record<string, readonly Pick<NetworkInterfaceInfo, "address" | "family" | "cidr">[] | undefined>
>;

/**
 * Whether an address is this machine's own, or in a network that it is directly in. Such an address may be one of the
 * internet as well; a connection to it from here would not pass the firewall that stands before it.
 */
export function isOnLink(address: string, interfaces: Interfaces): boolean {
  const family = isIPv4(address) ? "ipv4" : "ipv6";
  return Object.values(interfaces)
    .flatMap((addresses) => addresses ?? [])
    .some((own) => own.family.toLowerCase() === family && contains(own, address, family));
}

function contains(
  { address: own, cidr }: { readonly address: string; readonly cidr: string | null },
  address: string,
  family: "ipv4" | "ipv6",
): boolean {
  const list = new BlockList();
  const [network = "", bits = ""] = (cidr ?? "").split("/");
  if (network === "" || bits === "") list.addAddress(own, family);
  else list.addSubnet(network, Number(bits), family);
  return list.check(address, family);
}
