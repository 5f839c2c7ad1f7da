import { z } from "zod";
import { WORKSPACE } from "../unit/container-spec.ts";
import { SECCOMP_OPTION } from "../unit/seccomp-profile.ts";
import { KEPT_NETWORK, KEPT_VOLUME, UNIT, whole } from "./names.ts";

/** What profiles give at most; none of them reaches beyond the container. */
const CAPABILITIES = ["CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "SETFCAP", "SETGID", "SETUID"];

const Labels = z.record(z.string(), z.string());
const Positive = z.number().positive();

/** Nothing of the host is mounted: volumes of Moorage's own, without a driver that could be told of a directory. */
const Mount = z.strictObject({
  Type: z.literal("volume"),
  Source: z.string().regex(whole(UNIT, KEPT_VOLUME)),
  Target: z.literal(WORKSPACE),
  VolumeOptions: z.strictObject({ Labels }).optional(),
});

const PortBinding = z.strictObject({ HostIp: z.literal("127.0.0.1"), HostPort: z.string().regex(/^\d{1,5}$/) });

const LogConfig = z.strictObject({
  Type: z.enum(["none", "local"]),
  Config: z.strictObject({ "max-size": z.string(), "max-file": z.string(), compress: z.string() }).partial().optional(),
});

const HostConfig = z.strictObject({
  Init: z.boolean(),
  Runtime: z.string().optional(),
  NetworkMode: z.string().regex(whole("none", UNIT, KEPT_NETWORK)),
  Dns: z.array(z.string()).optional(),
  DnsOptions: z.array(z.string()).optional(),
  PortBindings: z.record(z.string(), z.array(PortBinding)).optional(),
  IpcMode: z.literal("private"),
  CgroupnsMode: z.literal("private"),
  Privileged: z.literal(false),
  SecurityOpt: z.tuple([
    z.literal("no-new-privileges"),
    z.literal(SECCOMP_OPTION, { error: "expected Moorage's own" }),
  ]),
  CapDrop: z.tuple([z.literal("ALL")]),
  CapAdd: z.array(z.enum(CAPABILITIES.map((name) => `CAP_${name}`))),
  Memory: Positive,
  MemorySwap: Positive,
  NanoCpus: Positive,
  PidsLimit: Positive,
  OomKillDisable: z.literal(false),
  Ulimits: z.array(z.strictObject({ Name: z.literal("nofile"), Soft: Positive, Hard: Positive })),
  RestartPolicy: z.strictObject({ Name: z.literal("no") }),
  AutoRemove: z.literal(false),
  LogConfig,
  ReadonlyRootfs: z.boolean(),
  Mounts: z.array(Mount).max(1),
  Tmpfs: z.record(z.string(), z.string()),
  CgroupParent: z
    .string()
    .regex(/^\/moorage-jobs\/[a-z0-9]+$/)
    .optional(),
});

/**
 * The creation of a container: exactly what `containerSpec` writes, and no word more. An engine reads names of fields in
 * any case, so what is not named here is refused instead of being left to it.
 */
export const ContainerBody = z.strictObject({
  Image: z.string(),
  Hostname: z.string(),
  Labels,
  Entrypoint: z.array(z.string()).optional(),
  Cmd: z.array(z.string()).optional(),
  WorkingDir: z.string().optional(),
  Env: z.array(z.string()),
  User: z.string().optional(),
  AttachStdin: z.boolean(),
  OpenStdin: z.boolean(),
  StdinOnce: z.boolean(),
  AttachStdout: z.boolean(),
  AttachStderr: z.boolean(),
  Tty: z.literal(false),
  StopSignal: z.string(),
  Healthcheck: z.strictObject({ Test: z.tuple([z.literal("NONE")]) }),
  ExposedPorts: z.record(z.string(), z.strictObject({})).optional(),
  HostConfig,
  NetworkingConfig: z
    .strictObject({
      EndpointsConfig: z.record(
        z.string().regex(whole(KEPT_NETWORK)),
        z.strictObject({ Aliases: z.array(z.string()) }),
      ),
    })
    .optional(),
});

/** A program in a container: with the rights of the container, never more. */
export const ExecBody = z.strictObject({
  AttachStdin: z.boolean(),
  AttachStdout: z.boolean(),
  AttachStderr: z.boolean(),
  Tty: z.boolean(),
  User: z.string().optional(),
  Env: z.array(z.string()),
  Cmd: z.array(z.string()),
});

export const ExecStartBody = z.strictObject({ Detach: z.literal(false), Tty: z.boolean() });

export const UpdateBody = z.strictObject({ PidsLimit: z.int().positive() });
