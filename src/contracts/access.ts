import { z } from "zod";
import { Cpus, DiskBytes, Id, MemoryBytes, Name, Pids, Time, TimeoutMs } from "./primitives.ts";

export const Role = z.enum(["admin", "member", "viewer"]).meta({
  id: "Role",
  description: "`admin` may do everything, `member` everything with what is theirs, `viewer` only look at it.",
});

export const Scope = z
  .enum([
    ...(["sandbox:read", "sandbox:write", "image:read", "image:write"] as const),
    ...(["receipt:read", "key:read", "key:write", "system:read"] as const),
  ])
  .meta({
    id: "Scope",
    description:
      "An area, and whether it is only looked at; `sandbox` is sandboxes with their runs, files and networks.",
  });

export const OwnerName = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)?$/,
    "expected a user's name such as alice, or an agent's such as alice.builder",
  )
  .meta({ id: "OwnerName", description: "A user's name, or an agent's: its user's, a dot, and its own." });

/** What a key is held to, beside what the administrator allows everybody. */
export const KeyLimits = z
  .strictObject({
    memoryBytes: MemoryBytes.optional().meta({ description: "Memory of one sandbox or job, bytes." }),
    cpus: Cpus.optional().meta({ description: "Processors of one sandbox or job." }),
    pids: Pids.optional().meta({ description: "Processes and threads of one sandbox or job." }),
    diskBytes: DiskBytes.optional().meta({ description: "Disk of one sandbox or job, bytes." }),
    timeoutMs: TimeoutMs.optional().meta({ description: "The longest deadline, milliseconds." }),
  })
  .meta({ id: "KeyLimits" });

const KeyName = z.string().min(1, "expected a name").max(100, "expected at most 100 characters");

export const KeyCreate = z
  .strictObject({
    name: KeyName.optional().meta({ description: "What it is for; the agent's name otherwise, or `key`." }),
    user: Name.optional().meta({ description: "Whose it is; administrators may name others. Yours otherwise." }),
    agent: Name.optional().meta({
      description:
        "Makes it an agent's: its sandboxes and images are apart from its user's, and it can touch no others.",
    }),
    role: Role.optional().meta({ description: "What it may do at most; its user's role otherwise." }),
    scopes: z.array(Scope).min(1, "expected at least one scope").optional().meta({
      description: "What it is limited to; all that its role may otherwise.",
    }),
    ...KeyLimits.shape,
    ttlMs: z.int().min(1000, "expected at least 1 second").optional().meta({
      description: "Milliseconds until it expires; never otherwise.",
    }),
  })
  .meta({ id: "KeyCreate" });

export const Key = z
  .object({
    id: Id,
    name: z.string(),
    owner: OwnerName.meta({ description: "Whose sandboxes and images it can touch." }),
    agent: z.boolean().meta({ description: "Whether it is an agent's." }),
    role: Role,
    scopes: z.array(Scope).nullable().meta({ description: "Null: all that its role may." }),
    limits: KeyLimits.nullable().meta({ description: "Null: what the administrator allows everybody." }),
    createdBy: z.string(),
    madeBy: Id.nullable().meta({
      description:
        "The key that it was made with, whose end is its end, too; null: on the local socket, or by a token.",
    }),
    createdAt: Time,
    expiresAt: Time.nullable(),
    revokedAt: Time.nullable(),
    lastUsedAt: Time.nullable().meta({ description: "To the minute; null: never." }),
  })
  .meta({ id: "Key", description: "An API key, without its secret." });

export const CreatedKey = Key.extend({
  key: z.string().meta({ description: "The key itself: it is told here alone, and kept nowhere." }),
}).meta({ id: "CreatedKey" });

export const RevokedKey = Key.extend({
  alsoRevoked: z.array(Id).meta({ description: "Keys that were made with it, or with one of those; revoked with it." }),
}).meta({ id: "RevokedKey" });

export const UserCreate = z
  .strictObject({
    name: Name,
    role: Role.optional().meta({ description: "What they may do.", default: "member" }),
    fullName: z.string().min(1).max(200).optional(),
  })
  .meta({ id: "UserCreate" });

export const User = z
  .object({
    name: Name,
    role: Role,
    fullName: z.string().nullable(),
    createdAt: Time,
    disabledAt: Time.nullable().meta({ description: "Since when none of their keys works; null: they do." }),
    identity: z
      .object({ issuer: z.string(), subject: z.string() })
      .nullable()
      .meta({ description: "Who vouches for them, and as whom; null: an administrator added them." }),
  })
  .meta({ id: "User" });

export const TokenCheck = z
  .object({
    ok: z.boolean().meta({ description: "Whether the token would open this server." }),
    checks: z.array(
      z.object({
        check: z.enum(["form", "issuer", "algorithm", "signature", "audience", "use", "time", "user", "owner"]),
        ok: z.boolean(),
        told: z.string().meta({ description: "What was found, and where it is wrong what was expected." }),
      }),
    ),
    owner: OwnerName.nullable().meta({ description: "Whom it would let in; null where a check has failed." }),
    role: Role.nullable(),
  })
  .meta({ id: "TokenCheck", description: "What was found out about a token, in the order of the checks." });

export const Whoami = z
  .object({
    owner: OwnerName,
    role: Role,
    scopes: z.array(Scope).nullable(),
    agent: z.boolean(),
    keyId: Id.nullable().meta({ description: "The key that was shown; null on the local socket, and for a token." }),
    limits: KeyLimits.nullable(),
  })
  .meta({ id: "Whoami" });
