import { z } from "zod";
import { QuotaLimits } from "../contracts/quota.ts";
import { IdentitySettings } from "./identity-settings.ts";

const MIB = 1024 * 1024;
const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

const SECRET_SOURCE = "expected exactly one of passwordFile and passwordEnv";

/** How one registry is used. No secret stands here: a file or a variable holds it. */
const RegistryProfile = z
  .strictObject({
    kind: z.enum(["basic", "ecr", "gcr", "acr"]).default("basic").meta({
      description: "`basic`: user and password; `ecr`: Amazon's, `gcr`: Google's, `acr`: Azure's own tokens.",
    }),
    username: z.string().min(1).optional().meta({ description: "The user; of kind basic it is needed." }),
    passwordFile: z.string().startsWith("/", "expected an absolute path").optional().meta({
      description: "File with the password, the token, or the JSON key of Google's.",
    }),
    passwordEnv: z
      .string()
      .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected the name of a variable")
      .optional()
      .meta({ description: "Name of the environment variable that holds it instead." }),
    region: z.string().optional().meta({ description: "Amazon's region, where the host does not tell it." }),
    tenant: z.string().optional().meta({ description: "Azure's tenant." }),
  })
  .refine(({ kind, username }) => kind !== "basic" || username !== undefined, "expected a username")
  .refine(({ passwordFile, passwordEnv }) => passwordFile === undefined || passwordEnv === undefined, SECRET_SOURCE)
  .refine((given) => given.kind === "ecr" || (given.passwordFile ?? given.passwordEnv) !== undefined, SECRET_SOURCE);

/** Every setting with its default. Flags go over `MOORAGE_*`, these over moorage.config.json, and that over defaults. */
export const Configuration = z.strictObject({
  engine: z.enum(["docker", "process"]).optional().meta({ description: "Engine to use; chosen by itself otherwise." }),
  docker: z
    .strictObject({
      host: z.string().optional().meta({ description: "Where Docker answers, as in DOCKER_HOST." }),
      context: z.string().optional().meta({ description: "Docker context to use, as in DOCKER_CONTEXT." }),
      configDirectory: z.string().optional().meta({ description: "Docker's own settings; `~/.docker` otherwise." }),
      tlsVerify: z.boolean().optional().meta({ description: "TLS for addresses that begin with tcp://." }),
      certPath: z.string().optional().meta({ description: "Directory with ca.pem, cert.pem and key.pem." }),
      allowPlainTcp: z.boolean().optional().meta({ description: "TCP without TLS to other machines." }),
      sshConfig: z.string().optional().meta({ description: "SSH configuration for ssh://; the user's own otherwise." }),
    })
    .prefault({})
    .meta({ description: "The way to the Docker Engine." }),
  image: z.string().default("python:3.11-slim").meta({ description: "Image of sandboxes and jobs that name none." }),
  registries: z
    .record(z.string().min(1), RegistryProfile)
    .default({})
    .meta({ description: "How registries are used, by their hosts, such as ghcr.io; see docs/registries.md." }),
  agent: z
    .strictObject({
      image: z.string().optional().meta({ description: "Their image; Moorage's own otherwise." }),
      network: z.string().optional().meta({ description: "Their network policy; none otherwise." }),
      memoryBytes: z.int().positive().optional().meta({ description: "Their memory; that of profile job otherwise." }),
      cpus: z.number().positive().optional().meta({ description: "Their processors; those of profile job otherwise." }),
      timeoutMs: z.int().positive().optional().meta({ description: "Their deadline; that of profile job otherwise." }),
    })
    .prefault({})
    .meta({ description: "Defaults of `agent run`." }),
  maxima: z
    .strictObject({
      memoryBytes: z
        .int()
        .positive()
        .optional()
        .meta({ description: "Memory of one sandbox or job; the machine's otherwise." }),
      cpus: z
        .number()
        .positive()
        .optional()
        .meta({ description: "Processors of one sandbox or job; the machine's otherwise." }),
      pids: z.int().positive().default(4096).meta({ description: "Processes and threads of one sandbox or job." }),
      diskBytes: z
        .int()
        .min(MIB)
        .default(100 * 1024 * MIB)
        .meta({ description: "Bytes of disk of one sandbox or job." }),
      timeoutMs: z.int().positive().default(DAY_MS).meta({ description: "Milliseconds of a deadline." }),
    })
    .prefault({})
    .meta({ description: "What no caller may exceed." }),
  keepFreeBytes: z
    .int()
    .min(0)
    .default(2 * 1024 * MIB)
    .meta({
      description:
        "Bytes that stay free on the disks of the engine and of the state, but at most 5 % of a disk; with less free nothing new is started.",
    }),
  workspaceRoots: z.array(z.string()).optional().meta({
    description: "Host directories below which workspaces may lie; the current and the home directory otherwise.",
  }),
  runtimes: z.array(z.string()).optional().meta({
    description: "Runtime classes that callers may choose; all of the engine's otherwise.",
  }),
  recordBytes: z
    .int()
    .min(2)
    .default(MIB)
    .meta({ description: "Bytes of each output stream that a run's record keeps." }),
  runMaxAgeMs: z
    .int()
    .min(0)
    .default(30 * DAY_MS)
    .meta({
      description:
        "Milliseconds after its end at which the record of a run, a build or an export is removed; 0: never. Its receipt stays.",
    }),
  runMaxCount: z.int().min(0).default(100_000).meta({
    description:
      "Ended runs, builds and exports whose records are kept, of each kind the latest of all owners together; 0: all.",
  }),
  logBytes: z
    .int()
    .min(4096)
    .default(64 * MIB)
    .meta({
      description:
        "Bytes that the log of one run, build or export takes at most: half for its head, half for its tail.",
    }),
  logMaxAgeMs: z
    .int()
    .positive()
    .default(30 * DAY_MS)
    .meta({ description: "Milliseconds after its last output at which a log is removed." }),
  logTotalBytes: z
    .int()
    .positive()
    .default(10 * 1024 * MIB)
    .meta({ description: "Bytes that all logs take together; then the oldest are removed." }),
  graceMs: z.int().min(0).default(500).meta({ description: "Milliseconds between TERM and KILL at a deadline." }),
  snapshots: z
    .strictObject({
      maxBytes: z
        .int()
        .positive()
        .default(10 * 1024 * MIB)
        .meta({ description: "Bytes that one snapshot may take beside the image of its sandbox." }),
      maxPerOwner: z.int().min(0).default(100).meta({ description: "Snapshots that one owner may have." }),
    })
    .prefault({})
    .meta({ description: "What may be kept of sandboxes." }),
  images: z
    .strictObject({
      quotaBytes: z
        .int()
        .positive()
        .default(100 * 1024 * MIB)
        .meta({
          description:
            "Bytes that built and imported images may take together, each counted with the layers that it shares; then those go that nothing was made of for the longest.",
        }),
      maxImportBytes: z
        .int()
        .positive()
        .default(10 * 1024 * MIB)
        .meta({ description: "Bytes of an archive that is imported, and once more of what its layers unpack to." }),
      registries: z.array(z.string()).default([]).meta({
        description:
          "Registries (`registry.lan`, `10.0.0.5:5000`) off the public internet that callers with an API key may use; *: all. Who uses the local socket may use all.",
      }),
      exports: z
        .strictObject({
          registry: z.string().default("docker.io").meta({ description: "Registry, with a path where one is wanted." }),
          prefix: z.string().default("demo").meta({ description: "What the names of services begin with." }),
          version: z.string().default("latest").meta({ description: "Tag." }),
        })
        .prefault({})
        .meta({ description: "What exports are called that name nothing else: REGISTRY/PREFIX-SERVICE:VERSION." }),
    })
    .prefault({})
    .meta({ description: "Images that come as archives, and that go to registries." }),
  build: z
    .strictObject({
      policy: z.enum(["enforce", "warn", "off"]).default("enforce").meta({
        description: "Whether what is found in a Dockerfile refuses its build, is only told, or not looked for.",
      }),
      allowedRegistries: z
        .array(
          z
            .string()
            .regex(
              /^(?:\*|[a-z0-9.:[\]-]+(?:\/[a-z0-9._-]+)*)$/,
              "expected *, a registry such as docker.io, or a path in one such as docker.io/library",
            ),
        )
        .default(["docker.io"])
        .meta({
          description: "Registries, or paths in them such as docker.io/library, whose images builds may use; *: all.",
        }),
      allowAddUrl: z
        .boolean()
        .default(false)
        .meta({ description: "Whether ADD may name a URL, which the engine fetches from its host's own network." }),
      maxAtOnce: z.int().min(1).optional().meta({
        description:
          "Builds of all owners that one process has at work; others wait in the order of their coming. By default as many as there are processors.",
      }),
      maxAtOncePerOwner: z
        .int()
        .min(1)
        .default(2)
        .meta({ description: "Builds of one owner that are at work at once." }),
      context: z
        .strictObject({
          maxFiles: z.int().min(1).default(50_000).meta({ description: "Files and directories of one context." }),
          maxBytes: z
            .int()
            .min(1)
            .default(2 * 1024 * MIB)
            .meta({ description: "Bytes of one context." }),
          maxFileBytes: z
            .int()
            .min(1)
            .default(1024 * MIB)
            .meta({ description: "Bytes of one file of a context." }),
          maxPerOwner: z.int().min(0).default(20).meta({ description: "Staged contexts that one owner may have." }),
          keptMs: z.int().min(1000).default(DAY_MS).meta({ description: "Milliseconds for which one is kept." }),
          gitTimeoutMs: z
            .int()
            .min(1000)
            .default(120_000)
            .meta({ description: "Milliseconds in which a repository has to have come." }),
          gitHosts: z.array(z.string()).default([]).meta({
            description:
              "Hosts (`git.example.org`, `127.0.0.1:3000`) that repositories may come from although their addresses are not public, also without TLS.",
          }),
        })
        .prefault({})
        .meta({ description: "What images are built from." }),
    })
    .prefault({})
    .meta({ description: "Building images." }),
  limits: z
    .strictObject({
      perOwner: QuotaLimits.extend({
        requestsPerMinute: z.int().min(1).default(6000).meta({ description: "Requests to the server in a minute." }),
      })
        .prefault({})
        .meta({ description: "What each user may take with their agents, where nothing is set for them." }),
      failedSignInsPerMinute: z.int().min(1).default(60).meta({
        description: "Keys and tokens that open nothing, from one address, before such are no longer looked at.",
      }),
    })
    .prefault({})
    .meta({ description: "What users may take together with their agents, save who started Moorage." }),
  timers: z
    .strictObject({
      idleTimeoutMs: z
        .int()
        .min(0)
        .default(HOUR_MS)
        .meta({ description: "Idle milliseconds until a sandbox is paused by itself, where it names none; 0: never." }),
      orphanGraceMs: z
        .int()
        .min(0)
        .default(300_000)
        .meta({ description: "Milliseconds that a container without a record is left alone." }),
      archiveAfterMs: z
        .int()
        .min(0)
        .default(180 * DAY_MS)
        .meta({
          description: "Milliseconds that a sandbox is paused or stopped until it is archived; 0: never.",
        }),
      sweepMs: z.int().min(100).default(15_000).meta({ description: "Milliseconds between two sweeps of the server." }),
    })
    .prefault({})
    .meta({ description: "When the server acts by itself." }),
  stats: z
    .strictObject({
      sampleMs: z
        .union([z.literal(0), z.int().min(1000)])
        .default(10_000)
        .meta({
          description: "Milliseconds between two samples that the server takes of each running sandbox; 0: none.",
        }),
      keptMs: z
        .int()
        .min(1000)
        .default(2 * HOUR_MS)
        .meta({ description: "Milliseconds for which a sample is kept." }),
    })
    .prefault({})
    .meta({ description: "What `sandbox history` can tell." }),
  pool: z
    .array(
      z.strictObject({
        image: z.string().optional().meta({ description: "The default image otherwise." }),
        profile: z.enum(["job", "sandbox"]).optional(),
        // A way out by the proxy is each owner's own.
        network: z.enum(["none", "internal", "open"]).optional(),
        size: z.int().min(0).max(1000).meta({ description: "How many are kept ready." }),
      }),
    )
    .default([])
    .meta({ description: "Sandboxes that the server starts ahead, so that a create need not wait for one." }),
  server: z
    .strictObject({
      listen: z
        .array(z.string())
        .default(["127.0.0.1:7070"])
        .meta({ description: "TCP addresses of the server, as HOST:PORT; port 0 is a free one. It has sockets, too." }),
      hosts: z.array(z.string()).default([]).meta({
        description: "Names that requests may be for, beside localhost and IP addresses.",
      }),
      origins: z.array(z.url()).default([]).meta({
        description:
          "Origins of web pages that may send requests, such as https://app.example.org, beside the server's own.",
      }),
    })
    .prefault({})
    .meta({ description: "Where `moorage serve` listens." }),
  identity: IdentitySettings.prefault({}),
  logLevel: z
    .enum(["debug", "info", "warn", "error", "silent"])
    .optional()
    .meta({ description: "Logs go to stderr as JSON." }),
  url: z.url().optional().meta({ description: "A Moorage server to use instead of this machine's engine." }),
  key: z.string().optional().meta({ description: "API key for that server." }),
});

export type Configuration = z.output<typeof Configuration>;
