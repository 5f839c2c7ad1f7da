import { z } from "zod";
import { MAX_ARGUMENT_BYTES } from "../base/argument-size.ts";
import { ID_PATTERN } from "../base/ids.ts";

const MIB = 1024 * 1024;

export const Id = z
  .string()
  .regex(ID_PATTERN, "expected 20 characters of a-z and 0-9, the first a letter")
  .meta({
    id: "Id",
    description: "20 characters of `[a-z0-9]`, the first a letter.",
    examples: ["k3v9x2m7q1w8e5r4t6y0"],
  });

export const ImageReference = z.string().min(1, "expected an image reference").max(512);

export const Name = z
  .string()
  .regex(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/, "expected a DNS label: 1 to 63 of a-z, 0-9 and inner dashes")
  .meta({ id: "Name", description: "A DNS label, unique for its owner." });

export const ConversationId = z
  .string()
  .regex(/^[a-z0-9]{1,32}$/, "expected 1 to 32 of a-z and 0-9")
  .meta({ id: "ConversationId", description: "1 to 32 of `[a-z0-9]`, unique in a deployment." });

export const SandboxRef = Name.meta({
  id: "SandboxRef",
  description: "A sandbox's id, its name, or its conversation id.",
});

export const Time = z.iso.datetime().meta({ id: "Time", description: "ISO 8601, UTC, with milliseconds." });

export const Hash = z
  .string()
  .regex(/^sha256:[0-9a-f]{64}$/)
  .meta({ id: "Hash", description: "`sha256:` and 64 hexadecimal digits." });

const withoutNul = (text: string): boolean => !text.includes("\0");

const Argument = z
  .string()
  .refine(withoutNul, "expected text without NUL characters")
  .refine((text) => Buffer.byteLength(text) <= MAX_ARGUMENT_BYTES, "expected less than 128 KiB in one argument");

/** Of a command, and of a set of variables; the engine counts what comes together. */
const MAX_TEXTS_BYTES = MIB;

const fitsTogether = (texts: readonly string[]): boolean =>
  texts.reduce((sum, text) => sum + Buffer.byteLength(text) + 1, 0) <= MAX_TEXTS_BYTES;

export const Command = z
  .array(Argument)
  .min(1, "expected a program and its arguments, got nothing")
  .refine((command) => command[0] !== "", "expected a program, got an empty name")
  .refine((command) => !command[0]?.startsWith("-"), "expected a program's name, which cannot begin with a dash")
  .refine(
    (command) => fitsTogether(command),
    "expected at most 1 MiB of arguments; pass larger data by a file or by stdin",
  )
  .meta({ id: "Command", description: "Program and arguments. No shell reads them." });

export const Env = z
  .record(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "expected a name of A-Z, a-z, 0-9 and _"), Argument)
  .refine(
    (variables) => fitsTogether(Object.entries(variables).flat()),
    "expected at most 1 MiB of variables; pass larger data by a file or by stdin",
  )
  .meta({ id: "Env", description: "Environment variables." });

export const MemoryBytes = z
  .int()
  .min(6 * MIB, "expected at least 6 MiB")
  .meta({ description: "Memory in bytes; 512 MiB when not given, 6 MiB at least. No swap is added." });
export const Cpus = z
  .number()
  .min(0.01, "expected at least 0.01")
  .meta({ description: "Processors, in fractions too; when not given 1 for profile job, 0.5 for profile sandbox." });
export const Pids = z
  .int()
  .min(2, "expected at least 2")
  .meta({ description: "Processes and threads at one time; 256 when not given." });
export const DiskBytes = z.int().min(MIB, "expected at least 1 MiB").meta({
  description:
    "Disk in bytes, 1 MiB at least: what its files may take, in /workspace and outside of it; when not given 4 GiB for profile job, 10 GiB for profile sandbox.",
});
export const TimeoutMs = z.int().min(1, "expected at least 1 ms").meta({
  description:
    "Deadline of the run in milliseconds; then its whole process tree is ended. When not given 2 minutes for a job, and in a sandbox its own.",
});

export const Runtime = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, "expected the name of a runtime, such as runc, crun, runsc or kata")
  .meta({ id: "Runtime", description: "Runtime class of the container; the engine's default otherwise." });

export const Port = z.int().min(1, "expected 1 to 65535").max(65_535, "expected 1 to 65535").meta({ id: "Port" });

export const Profile = z.enum(["job", "sandbox"]).meta({
  id: "Profile",
  description:
    "A named set of limits and hardening: `job` is the stricter one, and the default of jobs; `sandbox` that of sandboxes.",
});

export const NetworkPolicy = z
  .string()
  .regex(
    /^(?:none|internal|open|allow:\S+|net:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?)$/,
    "expected none, internal, open, allow:DOMAIN[,DOMAIN] or net:NAME, the name a DNS label",
  )
  .meta({
    id: "NetworkPolicy",
    description:
      "What the sandbox can reach: none, internal, open, allow:DOMAIN[,DOMAIN] or net:NAME. What the engine cannot enforce is refused.",
  });

export const EngineName = z.enum(["docker", "process", "memory"]).meta({ id: "EngineName" });

export const Isolation = z.enum(["container", "namespaces", "none"]).meta({
  id: "Isolation",
  description: "What separates the run from the host: a container, bare Linux namespaces, or nothing (tests only).",
});

export const Limits = z
  .object({
    memoryBytes: z.int(),
    cpus: z.number(),
    pids: z.int(),
    diskBytes: z.int().meta({ description: "What its files may take, in /workspace and outside of it." }),
    timeoutMs: z.int().nullable().meta({ description: "Deadline of one run, null where there is none." }),
  })
  .meta({ id: "Limits", description: "The limits in force." });

export const Encoding = z.enum(["utf8", "base64"]).meta({
  id: "Encoding",
  description: "How bytes are written as text; base64 where they are not UTF-8, or hold a NUL.",
});

const Cursor = z.string().max(200).meta({ description: "`nextCursor` of the page before." });

/** A page of a list: `{ items, nextCursor }`, `nextCursor` null on the last one. */
export function page<T extends z.ZodType>(item: T) {
  return z.object({ items: z.array(item), nextCursor: z.string().nullable() });
}

export const PageInput = {
  limit: z
    .int()
    .min(1, "expected at least 1")
    .max(1000, "expected at most 1000")
    .optional()
    .meta({ description: "Items per page.", default: 100 }),
  cursor: Cursor.optional(),
};
