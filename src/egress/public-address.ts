import { BlockList, isIP, isIPv4 } from "node:net";

/** All that is not the public internet, after the registries of special-purpose addresses (RFC 6890 and its updates). */
const NOT_PUBLIC_V4 = [
  "0.0.0.0/8",
  "10.0.0.0/8",
  "100.64.0.0/10",
  "127.0.0.0/8",
  "169.254.0.0/16",
  "172.16.0.0/12",
  "192.0.0.0/24",
  "192.0.2.0/24",
  "192.88.99.0/24",
  "192.168.0.0/16",
  "198.18.0.0/15",
  "198.51.100.0/24",
  "203.0.113.0/24",
  "224.0.0.0/3",
];
/** Documentation, tunnels and translations (whose inner addresses would go unjudged) inside the global range. */
const NOT_PUBLIC_V6 = ["2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20"];
/** Where addresses of the internet come from. Mapped IPv4, loopback, link-local and private ranges lie outside. */
const GLOBAL_V6 = "2000::/3";

const notPublic = new BlockList();
for (const range of NOT_PUBLIC_V4) add(notPublic, range, "ipv4");
for (const range of NOT_PUBLIC_V6) add(notPublic, range, "ipv6");
const global = new BlockList();
add(global, GLOBAL_V6, "ipv6");

/** Whether an address is one of the public internet; what is no address is not. */
export function isPublicAddress(address: string): boolean {
  if (isIPv4(address)) return !notPublic.check(address, "ipv4");
  return isIP(address) === 6 && global.check(address, "ipv6") && !notPublic.check(address, "ipv6");
}

function add(list: BlockList, range: string, family: "ipv4" | "ipv6"): void {
  const [network = "", bits = ""] = range.split("/");
  list.addSubnet(network, Number(bits), family);
}
