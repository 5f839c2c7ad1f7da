import { z } from "zod";
import { Command, Port } from "./primitives.ts";

export const Readiness = z
  .strictObject({
    port: Port.optional().meta({ description: "Something in the sandbox accepts connections on this port." }),
    http: z
      .strictObject({
        port: Port,
        path: z
          .string()
          .regex(/^\/[\x21-\x7e]*$/, "expected a path that begins with /")
          .max(2000)
          .optional()
          .meta({ default: "/" }),
        status: z
          .int()
          .min(100)
          .max(599)
          .optional()
          .meta({ description: "The status that counts; any 2xx or 3xx else." }),
      })
      .optional()
      .meta({ description: "It answers this request." }),
    log: z.string().min(1).max(256).optional().meta({
      description: "A line of the main process's output matches this pattern, a regular expression in RE2's syntax.",
    }),
    command: Command.optional().meta({ description: "This command ends with 0 in the sandbox." }),
  })
  .refine((asked) => Object.values(asked).filter((value) => value !== undefined).length === 1, {
    message: "expected one of port, http, log and command",
  })
  .meta({ id: "Readiness", description: "What tells that a sandbox is ready; it is starting until then." });

/** The main process of a new sandbox, and what create waits for. */
export const mainFields = {
  useImageCommand: z.boolean().optional().meta({
    description:
      "Run the image's own command as the main process, its entry point respected; its end stops the sandbox.",
    default: false,
  }),
  command: Command.optional().meta({
    description: "The main process, in the place of the image's own arguments: what its entry point is given.",
  }),
  readiness: Readiness.optional(),
  readinessTimeoutMs: z
    .int()
    .min(100, "expected at least 100 ms")
    .max(3_600_000, "expected at most 1 h")
    .optional()
    .meta({
      description: "Deadline for getting ready in milliseconds; then the sandbox is removed.",
      default: 60_000,
    }),
  readinessIntervalMs: z.int().min(50, "expected at least 50 ms").max(60_000, "expected at most 60 s").optional().meta({
    description: "Time between two looks in milliseconds.",
    default: 500,
  }),
};
