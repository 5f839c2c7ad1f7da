import { z } from "zod";
import { Id, Name, Port, Time } from "./primitives.ts";

const Protocol = z.enum(["tcp", "udp"]);

/** Agents' own interfaces live there. */
const RESERVED_HOST_PORT = 3000;

const HostPort = Port.refine((port) => port !== RESERVED_HOST_PORT, {
  message: `expected another port than ${RESERVED_HOST_PORT}, which is reserved on the host`,
});

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

/** Where a new sandbox works, and what of it is published. */
export const placeFields = {
  workspace: z
    .string()
    .regex(
      /^volume:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/,
      "expected volume:NAME, the name a DNS label such as volume:data",
    )
    .optional()
    .meta({
      description:
        "volume:NAME, a volume of your own that outlives the sandbox; a new one of the sandbox's own otherwise.",
    }),
  shareWorkspace: z.boolean().optional().meta({
    description: "Let sandboxes that say so too work in the same volume at one time.",
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
