import { networkInterfaces } from "node:os";

export type Target = {
  readonly protocol: "tcp" | "udp";
  readonly addresses: readonly (readonly [address: string, port: number])[];
  /** Ports to try at the default gateway that is seen from inside. */
  readonly gatewayPorts?: readonly number[];
};

type NetworkProbe = "host" | "host-udp" | "engine-tcp" | "metadata" | "dns" | "internet" | "sibling";

/** What a probe tries to reach, by the name of the probe. */
export type ProbeTargets = Readonly<Record<NetworkProbe, Target>>;

const METADATA = ["169.254.169.254", "100.100.100.200", "fd00:ec2::254"];
const OUTSIDE = ["1.1.1.1", "8.8.8.8", "9.9.9.9"];
const ENGINE_PORTS = [2375, 2376];
const DNS = 53;

export type Listening = { readonly tcp: number; readonly udp: number };

/** Everything that a unit must not reach, the host at each of its addresses. */
export function probeTargets(listening: Listening, sibling: readonly (readonly [string, number])[]): ProbeTargets {
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
  };
}

/** Addresses of this machine that another network namespace could mean it by. */
function hostAddresses(): readonly string[] {
  const all = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
  return all.filter(({ internal, scopeid }) => !internal && !scopeid).map(({ address }) => address);
}
