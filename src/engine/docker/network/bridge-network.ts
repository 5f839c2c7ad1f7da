import { randomInt } from "node:crypto";
import { MoorageError } from "../../../base/errors.ts";
import { answerOf } from "../api/api-errors.ts";
import type { EngineApi } from "../api/engine-api.ts";
import type { NetworkReply } from "../api/replies.ts";
import { hasInterface, interfaceName, type Bridge } from "./bridge.ts";
import { pickSubnet, routedRanges } from "./subnets.ts";

const POLICY_LABEL = "moorage.policy";
const PORT_LABEL = "moorage.proxy-port";
/** Below those that kernels give out by themselves. */
const PROXY_PORTS = { first: 20_000, count: 10_000 };
const TRIES = 8;
const OPTION = "com.docker.network.bridge";

/** The bridge that is to be made for a unit, a build or a named network, by its id. */
export type BridgeWish = {
  readonly id: string;
  /** Of the network on the engine. */
  readonly name: string;
  readonly policy: Bridge["policy"];
  /** Of the subnet's prefix. */
  readonly bits: number;
  /** With a signature. */
  readonly labels: Readonly<Record<string, string>>;
};

/** Makes a network of the engine's that is a bridge of ours; it is open until the packet filter closes it. */
export async function createBridge(api: EngineApi, { id, name, policy, bits, labels }: BridgeWish): Promise<Bridge> {
  const taken = await routedRanges();
  const proxy = policy === "allow" ? { proxyPort: PROXY_PORTS.first + randomInt(PROXY_PORTS.count) } : {};
  for (let attempt = 1; ; attempt += 1) {
    const subnet = pickSubnet(bits, taken);
    if (subnet === undefined) throw noAddresses();
    const members = policy === "named" ? { members: subnet.cidr } : {};
    const bridge: Bridge = { interface: interfaceName(id), policy, gateway: subnet.gateway, ...proxy, ...members };
    try {
      const json = { ...networkSpec(bridge, subnet.cidr, labels), Name: name };
      await api.send({ method: "POST", path: "/networks/create", json });
      return bridge;
    } catch (error) {
      // Another Moorage, or the engine itself, may have taken the addresses a moment ago.
      if (!/overlaps/i.test(String(error)) || attempt === TRIES) throw error;
    }
  }
}

/** The bridge that a network of the engine's is; undefined when it is not made as ours are. */
export function readBridge(reply: NetworkReply, id: string): Bridge | undefined {
  const policy = reply.Labels[POLICY_LABEL];
  const { Subnet: subnet, Gateway: gateway } = reply.IPAM.Config?.[0] ?? {};
  if (policy !== "internal" && policy !== "open" && policy !== "allow" && policy !== "named") return undefined;
  if (gateway === undefined || subnet === undefined) return undefined;
  if (reply.Driver !== "bridge" || reply.Options?.[`${OPTION}.name`] !== interfaceName(id)) return undefined;
  const port = reply.Labels[PORT_LABEL];
  const proxy = port === undefined ? {} : { proxyPort: Number(port) };
  return {
    interface: interfaceName(id),
    policy,
    gateway,
    ...proxy,
    ...(policy === "named" ? { members: subnet } : {}),
  };
}

function networkSpec({ interface: name, policy, gateway, proxyPort }: Bridge, subnet: string, labels: object): object {
  return {
    CheckDuplicate: true,
    Driver: "bridge",
    // An internal network of the engine's kind can publish no port, and leaves the host open: the filter does both better.
    Internal: false,
    EnableIPv6: false,
    IPAM: { Driver: "default", Config: [{ Subnet: subnet, Gateway: gateway }] },
    Options: {
      [`${OPTION}.name`]: name,
      [`${OPTION}.enable_icc`]: String(policy === "named"),
      [`${OPTION}.enable_ip_masquerade`]: String(policy === "open"),
      [`${OPTION}.host_binding_ipv4`]: "127.0.0.1",
    },
    Labels: {
      ...labels,
      [POLICY_LABEL]: policy,
      ...(proxyPort === undefined ? {} : { [PORT_LABEL]: String(proxyPort) }),
    },
  };
}

function noAddresses(): MoorageError {
  return new MoorageError("ENGINE_FAILED", "No range of addresses is left for a bridge of Moorage's own.", {
    hint: "Free a part of 10.213.0.0/16, 10.147.0.0/16, 172.29.0.0/16 or 192.168.0.0/16: routes of this host cover them all.",
  });
}

/** An engine on another machine, in a virtual one, or in a network namespace of its own has its bridges there. */
export function requireLocalBridge(bridge: Bridge): void {
  if (hasInterface(bridge.interface)) return;
  const reason = "its bridges are not on this machine's network (a remote, rootless or desktop engine)";
  throw new MoorageError(
    "ENGINE_UNSUPPORTED",
    `The network policy "${bridge.policy}" cannot be enforced by the docker engine: ${reason}.`,
    { hint: "Run Moorage on the engine's own host, or use --network none." },
  );
}

/** Absent ones are no error. */
export async function removeNetwork(api: EngineApi, name: string, signal?: AbortSignal): Promise<void> {
  try {
    await api.send({ method: "DELETE", path: `/networks/${name}`, signal });
  } catch (error) {
    if (answerOf(error)?.status !== 404) throw error;
  }
}
