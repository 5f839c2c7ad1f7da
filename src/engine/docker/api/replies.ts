import { z } from "zod";

// What is read of Docker's answers; everything else in them is ignored.

export const VersionReply = z.object({
  Version: z.string(),
  ApiVersion: z.string(),
  MinAPIVersion: z.string().optional(),
  Components: z.array(z.object({ Name: z.string() })).nullish(),
});

export const InfoReply = z.object({
  ServerVersion: z.string(),
  Driver: z.string(),
  DriverStatus: z.array(z.array(z.string())).nullish(),
  CgroupVersion: z.string().optional(),
  CgroupDriver: z.string().optional(),
  DockerRootDir: z.string().optional(),
  MemoryLimit: z.boolean().optional(),
  SwapLimit: z.boolean().optional(),
  CpuCfsQuota: z.boolean().optional(),
  PidsLimit: z.boolean().optional(),
  SecurityOptions: z.array(z.string()).nullish(),
  Warnings: z.array(z.string()).nullish(),
  OperatingSystem: z.string().optional(),
  Runtimes: z.record(z.string(), z.unknown()).nullish(),
  DefaultRuntime: z.string().optional(),
  BuildahVersion: z.string().optional(),
});
export type InfoReply = z.infer<typeof InfoReply>;

const Labels = z
  .record(z.string(), z.string())
  .nullish()
  .transform((labels) => labels ?? {});

export const CreatedReply = z.object({ Id: z.string().min(1), Warnings: z.array(z.string()).nullish() });

export const ContainerReply = z.object({
  Id: z.string().min(1),
  /** The image's own id, whatever its tags have become. */
  Image: z.string().default(""),
  /** Bytes beside the image; only where they were asked for. */
  SizeRw: z.number().nullish(),
  Name: z.string(),
  Created: z.string(),
  State: z.object({
    Status: z.string(),
    ExitCode: z.number(),
    OOMKilled: z.boolean(),
    /** Of its first process on the engine's host; 0 when it does not run. */
    Pid: z.number().optional(),
    StartedAt: z.string(),
    FinishedAt: z.string(),
  }),
  Config: z.object({ Labels, User: z.string().nullish() }),
  HostConfig: z.object({
    ReadonlyRootfs: z.boolean().nullish(),
    PidsLimit: z.number().nullish(),
    Tmpfs: z.record(z.string(), z.string()).nullish(),
    LogConfig: z.object({ Type: z.string() }).nullish(),
  }),
  NetworkSettings: z
    .object({
      Networks: z
        .record(
          z.string(),
          z.object({
            NetworkID: z.string().nullish(),
            IPAddress: z.string().nullish(),
            Aliases: z.array(z.string()).nullish(),
          }),
        )
        .nullish(),
    })
    .nullish(),
  /** A file of the engine's about this container, on the engine's host. */
  HostsPath: z.string().nullish(),
  /** Where the storage driver keeps what the container itself has written, on the engine's host. */
  GraphDriver: z.object({ Data: z.object({ UpperDir: z.string().optional() }).nullish() }).nullish(),
  Mounts: z
    .array(z.object({ Type: z.string(), Source: z.string().default(""), Destination: z.string() }))
    .nullish()
    .transform((mounts) => mounts ?? []),
});
export type ContainerReply = z.infer<typeof ContainerReply>;

export const ContainerListReply = z.array(z.object({ Id: z.string(), Names: z.array(z.string()), Labels }));
export const ConnectedListReply = z.array(
  z.object({
    Id: z.string(),
    Labels,
    NetworkSettings: z.object({ Networks: z.record(z.string(), z.object({ IPAddress: z.string().nullish() })) }),
  }),
);

export const VolumeReply = z.object({ Name: z.string(), CreatedAt: z.string().optional(), Labels });
export type VolumeReply = z.infer<typeof VolumeReply>;
export const VolumeListReply = z.object({ Volumes: z.array(VolumeReply).nullish() });

export const NetworkReply = z.object({
  Id: z.string(),
  Name: z.string(),
  Created: z.string(),
  Driver: z.string(),
  Internal: z.boolean().nullish(),
  EnableIPv6: z.boolean().nullish(),
  Options: z.record(z.string(), z.string()).nullish(),
  Labels,
  IPAM: z.object({
    Config: z.array(z.object({ Subnet: z.string().optional(), Gateway: z.string().optional() })).nullish(),
  }),
});
export type NetworkReply = z.infer<typeof NetworkReply>;
export const BridgeReply = z.object({ Options: z.record(z.string(), z.string()).nullish() });
export const NetworkListReply = z.array(NetworkReply);
/** 0: changed, 1: added, 2: deleted. Null where nothing is different. */
export const ChangesReply = z
  .array(z.object({ Path: z.string(), Kind: z.number() }))
  .nullable()
  .transform((changes) => changes ?? []);

export const WaitReply = z.object({
  StatusCode: z.number(),
  Error: z.object({ Message: z.string().optional() }).nullish(),
});

export const ExecReply = z.object({ Running: z.boolean(), ExitCode: z.number().nullable(), Pid: z.number() });
export type ExecReply = z.infer<typeof ExecReply>;

export const ImageReply = z.object({
  Id: z.string(),
  RepoDigests: z.array(z.string()).nullish(),
  Os: z.string().nullish(),
  Architecture: z.string().nullish(),
  Variant: z.string().nullish(),
  Size: z.number(),
  Config: z.object({ User: z.string().optional(), OnBuild: z.array(z.string()).nullish(), Labels }).nullish(),
});
export type ImageReply = z.infer<typeof ImageReply>;

/** The steps of an image, the newest first; times in seconds. */
export const HistoryReply = z.array(z.object({ Created: z.number(), CreatedBy: z.string(), Size: z.number() }));

export const CommittedReply = z.object({ Id: z.string().min(1) });

/** Images without a name. */
export const NamelessReply = z.array(
  z.object({ Id: z.string(), Created: z.number(), Labels: z.record(z.string(), z.string()).nullish() }),
);

/** An image in full, to make another one of it. */
export const WholeImageReply = z.object({
  Id: z.string(),
  Architecture: z.string(),
  Os: z.string(),
  Variant: z.string().optional(),
  Size: z.number(),
  Config: z.looseObject({ Labels, Env: z.array(z.string()).nullish() }),
  RootFS: z.object({ Layers: z.array(z.string()).nullish() }),
});
export type WholeImageReply = z.infer<typeof WholeImageReply>;

/** What a registry has under a reference. */
export const DistributionReply = z.object({ Descriptor: z.object({ digest: z.string().min(1) }) });

/** One line of a pull, a push or a build. */
export const ProgressLine = z.object({
  stream: z.string().optional(),
  status: z.string().optional(),
  id: z.string().optional(),
  progressDetail: z.object({ current: z.number().optional(), total: z.number().optional() }).nullish(),
  error: z.string().optional(),
  errorDetail: z.object({ code: z.number().optional(), message: z.string().optional() }).nullish(),
  aux: z.object({ ID: z.string().optional(), Digest: z.string().optional() }).nullish(),
});
export type ProgressLine = z.infer<typeof ProgressLine>;

export const EventLine = z.object({
  Action: z.string(),
  Actor: z.object({ ID: z.string().optional(), Attributes: z.record(z.string(), z.string()).nullish() }).nullish(),
});
export type EventLine = z.infer<typeof EventLine>;

/** Go's file mode: permissions in the low bits, types and special bits above. */
export const PathStat = z.object({
  name: z.string(),
  size: z.number(),
  mode: z.number(),
  mtime: z.string(),
  linkTarget: z.string(),
});
export type PathStat = z.infer<typeof PathStat>;
