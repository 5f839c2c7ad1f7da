import { z } from "zod";
import { Id, Name, Port, Time } from "./primitives.ts";

const Protocol = z.enum(["tcp", "udp"]);

/** Agents' own interfaces live there. */
const RESERVED_HOST_PORT = 3000;

const HostPort = Port.refine((port) => port !== RESERVED_HOST_PORT, {
  message: `expected another port than ${RESERVED_HOST_PORT}, which is reserved on the host`,
});

const VOLUME = /^volume:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;

export const PortWish = z
  .strictObject({
    port: Port.meta({ description: "Inside the sandbox." }),
    hostPort: z
      .union([HostPort, z.literal("auto")])
      .optional()
      .meta({ description: "On 127.0.0.1 of the engine's host; auto: a free one.", default: "auto" }),
    protocol: Protocol.optional().meta({ default: "tcp" }),
  })
  .meta({ id: "PortWish", description: "A port of a new sandbox that is published on 127.0.0.1 of the host." });

export const PublishedPort = z
  .object({ port: Port, hostPort: Port, protocol: Protocol })
  .meta({ id: "PublishedPort", description: "Reached at 127.0.0.1 of the engine's host." });

export const HostDirectory = z
  .object({
    path: z.string().meta({ description: "Where it really is, after all symbolic links." }),
    user: z.string().nullable().meta({ description: "UID:GID that the sandbox's programs have: its owner's." }),
    lent: z.boolean().meta({ description: "True: it belongs to root, who has it back when the sandbox is removed." }),
  })
  .meta({ id: "HostDirectory", description: "A directory of the engine's host that a sandbox works in." });

/** Where a new sandbox works, and what of it is published. */
export const placeFields = {
  workspace: z
    .string()
    .min(1, "expected volume:NAME or a directory")
    .max(4096)
    .refine((text) => !text.startsWith("volume:") || VOLUME.test(text), {
      message: "expected volume:NAME, the name a DNS label such as volume:data, or the absolute path of a directory",
    })
    .optional()
    .meta({
      description:
        "volume:NAME, a volume of your own that outlives the sandbox; or a directory of the engine's host, below an allowed root; a new volume of the sandbox's own otherwise.",
    }),
  shareWorkspace: z.boolean().optional().meta({
    description: "Let others work in the same place at one time: sandboxes that say so too, and jobs in a directory.",
    default: false,
  }),
  ports: z
    .array(PortWish)
    .max(64)
    .refine((wishes) => isDistinct(wishes.map(({ port, protocol }) => `${port}/${protocol ?? "tcp"}`)), {
      message: "expected each port once",
    })
    .refine(
      (wishes) =>
        isDistinct(
          wishes.flatMap(({ hostPort, protocol }) =>
            typeof hostPort === "number" ? [`${hostPort}/${protocol ?? "tcp"}`] : [],
          ),
        ),
      { message: "expected each host port once" },
    )
    .optional()
    .meta({
      description: "Port to publish on 127.0.0.1 of the host. The network is internal then, where none is named.",
    }),
};

function isDistinct(values: readonly string[]): boolean {
  return new Set(values).size === values.length;
}

export const Volume = z
  .object({ id: Id, name: Name, owner: z.string(), engine: z.string(), createdAt: Time, sandboxes: z.array(Id) })
  .meta({ id: "Volume", description: "A workspace that outlives its sandboxes." });
