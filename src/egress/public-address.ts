import { BlockList, isIP, isIPv4 } from "node:net";
import { GLOBAL_IPV6, SPECIAL_IPV4, SPECIAL_IPV6 } from "../base/special-addresses.ts";

const notPublic = new BlockList();
for (const { cidr } of SPECIAL_IPV4) add(notPublic, cidr, "ipv4");
for (const { cidr } of SPECIAL_IPV6) add(notPublic, cidr, "ipv6");
const global = new BlockList();
add(global, GLOBAL_IPV6, "ipv6");

/** Whether an address is one of the public internet; what is no address is not. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !notPublic.check(address, "ipv4");
  return isIP(address) === 6 && global.check(address, "ipv6") && !notPublic.check(address, "ipv6");
}

function add(list: BlockList, range: string, family: "ipv4" | "ipv6"): void {
  const [network = "", bits = ""] = range.split("/");
  list.addSubnet(network, Number(bits), family);
}
