/** A range of addresses that are no place of the public internet. */
type SpecialRange = { readonly cidr: string; readonly what: string };

/**
 * IPv4, after IANA's registry of special-purpose addresses, with the RFC that sets each apart. The one list for all that
 * keeps a sandbox from what is not the internet: the packet filter of `open` and the proxy of `allow:`. Ranges for
 * documentation (RFC 5737, 3849) are left out: nobody's network is there but that of a laboratory, whose names lead to it.
 */
export const SPECIAL_IPV4: readonly SpecialRange[] = [
  { cidr: "0.0.0.0/8", what: "this network (RFC 791)" },
  { cidr: "10.0.0.0/8", what: "private (RFC 1918)" },
  { cidr: "100.64.0.0/10", what: "carriers' NAT, where some clouds have their metadata (RFC 6598)" },
  { cidr: "127.0.0.0/8", what: "loopback (RFC 1122)" },
  { cidr: "169.254.0.0/16", what: "link-local, with the metadata service of most clouds (RFC 3927)" },
  { cidr: "172.16.0.0/12", what: "private (RFC 1918)" },
  { cidr: "192.0.0.0/24", what: "protocol assignments (RFC 6890)" },
  { cidr: "192.88.99.0/24", what: "6to4 relays, given up (RFC 7526)" },
  { cidr: "192.168.0.0/16", what: "private (RFC 1918)" },
  { cidr: "198.18.0.0/15", what: "benchmarks (RFC 2544)" },
  { cidr: "224.0.0.0/4", what: "multicast (RFC 5771)" },
  { cidr: "240.0.0.0/4", what: "reserved, and the broadcast address (RFC 1112, RFC 8190)" },
];

/** Where IPv6 addresses of the internet come from (RFC 4291). Mapped IPv4, loopback, link-local and private lie outside. */
export const GLOBAL_IPV6 = "2000::/3";

/** Inside that range: what is none, or carries an IPv4 address that would go unjudged. */
export const SPECIAL_IPV6: readonly SpecialRange[] = [
  { cidr: "2001::/23", what: "protocol assignments, Teredo among them (RFC 2928, RFC 4380)" },
  { cidr: "2002::/16", what: "6to4 (RFC 3056)" },
];
