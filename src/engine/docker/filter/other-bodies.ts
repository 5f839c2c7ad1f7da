import { z } from "zod";
import { ENGINE_ID, KEPT_NETWORK, KEPT_VOLUME, UNIT, whole } from "./names.ts";

const Labels = z.record(z.string(), z.string());
const BRIDGE = "com.docker.network.bridge";
const Switch = z.enum(["true", "false"]);

/** A bridge of Moorage's own, whose ports are published on loopback alone. */
export const NetworkBody = z.strictObject({
  Name: z.string().regex(whole(UNIT, KEPT_NETWORK)),
  CheckDuplicate: z.literal(true),
  Driver: z.literal("bridge"),
  Internal: z.literal(false),
  EnableIPv6: z.literal(false),
  IPAM: z.strictObject({
    Driver: z.literal("default"),
    Config: z.array(z.strictObject({ Subnet: z.string(), Gateway: z.string() })).length(1),
  }),
  Options: z.strictObject({
    [`${BRIDGE}.name`]: z.string().regex(/^mrg[a-z0-9]{12}$/),
    [`${BRIDGE}.enable_icc`]: Switch,
    [`${BRIDGE}.enable_ip_masquerade`]: Switch,
    [`${BRIDGE}.host_binding_ipv4`]: z.literal("127.0.0.1"),
  }),
  Labels,
});

const Container = z.string().regex(whole(UNIT, ENGINE_ID));

export const ConnectBody = z.strictObject({
  Container,
  EndpointConfig: z.strictObject({ Aliases: z.array(z.string()) }).optional(),
});

export const DisconnectBody = z.strictObject({ Container, Force: z.literal(true) });

/** Without options: those of the driver `local` mount directories of the host. */
export const VolumeBody = z.strictObject({ Name: z.string().regex(whole(KEPT_VOLUME)), Labels });

/** A commit changes nothing of the configuration. */
export const CommitBody = z.strictObject({});

const Count = z.string().regex(/^\d+$/);

/** A build by the classic builder, with limits, in no namespace of the host and no network but Moorage's or the engine's. */
export const BuildQuery = z.strictObject({
  t: z.string(),
  dockerfile: z.string().optional(),
  buildargs: z.string().optional(),
  target: z.string().optional(),
  platform: z.string().optional(),
  labels: z.string().optional(),
  nocache: z.literal("1").optional(),
  memory: z.string().regex(/^[1-9]\d*$/),
  memswap: z.string().regex(/^[1-9]\d*$/),
  cpuperiod: Count.optional(),
  cpuquota: Count.optional(),
  shmsize: Count,
  rm: z.literal("1"),
  forcerm: z.literal("1"),
  version: z.literal("1"),
  networkmode: z.string().regex(whole("none", UNIT)).optional(),
});

/** From a registry, never from an address: an engine would fetch that from where it stands. */
export const PullQuery = z.strictObject({
  fromImage: z.string(),
  tag: z.string().optional(),
  platform: z.string().optional(),
});

export const CreateQuery = z.strictObject({ name: z.string().regex(whole(UNIT)) });

export const CommitQuery = z.strictObject({
  container: z.string().regex(whole(UNIT, ENGINE_ID)),
  repo: z.string(),
  tag: z.string(),
  pause: z.literal("0"),
});
