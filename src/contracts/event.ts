import { z } from "zod";
import { OwnerName } from "./access.ts";
import { Time } from "./primitives.ts";

/** What happens, by noun. */
const TYPES = {
  sandbox: ["created", "started", "stopped", "paused", "resumed", "archived", "lost", "failed", "removed"],
  run: ["started", "finished"],
  build: ["started", "finished"],
  export: ["started", "finished"],
  image: ["created", "pulled", "pushed", "removed"],
  snapshot: ["created", "removed"],
  volume: ["created", "removed"],
  network: ["created", "removed"],
  key: ["created", "revoked"],
  user: ["created", "updated"],
  team: ["created", "updated", "dissolved"],
} as const;

type Types = typeof TYPES;
type Kind = keyof Types;
type TypeOf<K extends Kind> = K extends Kind ? `${K}.${Types[K][number]}` : never;

const KINDS = Object.keys(TYPES) as [Kind, ...Kind[]];
const NAMES = KINDS.flatMap((kind) => TYPES[kind].map((verb) => `${kind}.${verb}`)) as [
  TypeOf<Kind>,
  ...TypeOf<Kind>[],
];
const FILTERS: ReadonlySet<string> = new Set(["*", ...KINDS.map((kind) => `${kind}.*`), ...NAMES]);

export const EventType = z.enum(NAMES).meta({ id: "EventType" });

export const EventKind = z.enum(KINDS).meta({ id: "EventKind" });

const EventId = z
  .string()
  .regex(/^\d{16}$/, "expected the id of an event, 16 digits")
  .meta({ id: "EventId", description: "16 digits; a later event has a greater one.", examples: ["0000000000000042"] });

export const EventFacts = z
  .record(z.string(), z.union([z.string(), z.number(), z.boolean(), z.null()]))
  .meta({ id: "EventFacts", description: "What else is known of it; never contents, commands, variables or secrets." });

export const Event = z
  .object({
    type: EventType,
    id: EventId,
    time: Time,
    owner: OwnerName,
    subject: z.object({
      kind: EventKind,
      id: z.string().meta({ description: "An id; the reference of an image, the name of a user." }),
      name: z.string().nullable(),
    }),
    facts: EventFacts,
  })
  .meta({ id: "Event", description: "Something that has happened." });

export const EventWatch = z.strictObject({
  filter: z
    .array(
      z
        .string()
        .refine(
          (text) => FILTERS.has(text),
          "expected a type such as run.finished, all of a noun such as sandbox.*, or *",
        ),
    )
    .min(1, "expected one at least")
    .max(100, "expected at most 100")
    .optional()
    .meta({ description: "Types to be told of, such as run.finished or sandbox.*; all otherwise." }),
  subject: z
    .string()
    .min(1, "expected an id or a name")
    .max(512)
    .optional()
    .meta({ description: "Only what happens to this: its id, or its name." }),
  owner: z
    .union([z.literal("*"), OwnerName])
    .optional()
    .meta({ description: "Whose; an administrator may name others, or * for everybody. Yours otherwise." }),
  after: EventId.optional().meta({
    description: "Tell first of what has happened since this event, as far as it is kept.",
  }),
});

export const WatchEvent = z
  .discriminatedUnion("type", [
    z
      .object({ type: z.literal("watching"), id: EventId })
      .meta({ description: "It has begun: told is what happens after this id." }),
    z
      .object({
        type: z.literal("missed"),
        id: EventId,
        count: z
          .int()
          .nullable()
          .meta({ description: "How many; null: what lies so far back is not kept, and nobody knows." }),
      })
      .meta({ description: "Events up to this id that are not told here, for they were read too slowly or too late." }),
    Event,
    z.object({ type: z.literal("ended"), reason: z.string() }).meta({ description: "The server tells no more." }),
  ])
  .meta({ id: "WatchEvent" });
