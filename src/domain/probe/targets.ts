import { isIPv4 } from "node:net";
import { networkInterfaces } from "node:os";

export type Target = {
  /** `proxy`: asked for at the proxy that the environment names. */
  readonly protocol: "tcp" | "udp" | "proxy";
  readonly addresses: readonly (readonly [address: string, port: number])[];
  /** Ports to try at the default gateway that is seen from inside. */
  readonly gatewayPorts?: readonly number[];
};

type NetworkProbe =
  | "host"
  | "host-udp"
  | "engine-tcp"
  | "metadata"
  | "dns"
  | "internet"
  | "sibling"
  | "member"
  | "proxy";

/** What a probe tries to reach, by the name of the probe. */
export type ProbeTargets = Readonly<Record<NetworkProbe, Target>>;

const METADATA = ["169.254.169.254", "100.100.100.200", "fd00:ec2::254"];
const OUTSIDE = ["1.1.1.1", "8.8.8.8", "9.9.9.9"];
const ENGINE_PORTS = [2375, 2376];
const DNS = 53;
/** A name that is in the allow list of no probe, and that everybody can resolve. */
const NOT_ALLOWED = "example.net";

export type Listening = { readonly tcp: number; readonly udp: number };

/** Of the same owner: another sandbox, and one in the same named network, by its name. */
export type Others = { readonly sibling?: Target["addresses"]; readonly member?: Target["addresses"] };

/** Everything that a unit must not reach, the host at each of its addresses; and whom it may. */
export function probeTargets(listening: Listening, { sibling = [], member = [] }: Others = {}): ProbeTargets {
  const host = hostAddresses();
  const at = (addresses: readonly string[], ...ports: readonly number[]): Target["addresses"] =>
    addresses.flatMap((address) => ports.map((port) => [address, port] as const));
  return {
    host: { protocol: "tcp", addresses: at(host, listening.tcp), gatewayPorts: [listening.tcp] },
    "host-udp": { protocol: "udp", addresses: at(host, listening.udp), gatewayPorts: [listening.udp] },
    "engine-tcp": { protocol: "tcp", addresses: at(host, ...ENGINE_PORTS), gatewayPorts: ENGINE_PORTS },
    metadata: { protocol: "tcp", addresses: at(METADATA, 80) },
    dns: { protocol: "udp", addresses: at(OUTSIDE, DNS), gatewayPorts: [DNS] },
    internet: { protocol: "tcp", addresses: at(OUTSIDE, 443, DNS) },
    sibling: { protocol: "tcp", addresses: sibling },
    member: { protocol: "tcp", addresses: member },
    proxy: {
      protocol: "proxy",
      addresses: [
        ...at(["localhost", ...host.filter((address) => isIPv4(address))], listening.tcp),
        ...at(METADATA.slice(0, 1), 80),
        ...at([...OUTSIDE, NOT_ALLOWED], 443),
      ],
    },
  };
}

/** Addresses of this machine that another network namespace could mean it by. */
function hostAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.filter(({ internal, scopeid }) => !internal && !scopeid).map(({ address }) => address);
}
