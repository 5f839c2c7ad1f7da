import { z } from "zod";
import { Command, Encoding, Env, ImageReference, NetworkPolicy, Profile, Runtime, SandboxRef } from "./primitives.ts";
import { SessionName } from "./session.ts";
import { LimitsInput } from "./sandbox.ts";

const MAX_STDIN_CHARACTERS = 24 * 1024 * 1024;

const stdin = {
  stdin: z.string().max(MAX_STDIN_CHARACTERS).optional().meta({
    description: "What the program reads; without it stdin is at its end from the start.",
  }),
  stdinEncoding: Encoding.optional().meta({ default: "utf8" }),
  interactive: z
    .boolean()
    .optional()
    .meta({ description: "Pass input on to the program as it comes, until it is closed." }),
};

export const CodeBlock = z
  .strictObject({
    filename: z
      .string()
      .regex(/^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/, "expected a plain file name of A-Z, a-z, 0-9, _, . and -")
      .meta({
        description:
          "Written to the workspace; its extension chooses the interpreter: .py, .js, .mjs, .ts (by Node 22.18 or newer), .sh.",
      }),
    content: z.string().max(8 * 1024 * 1024),
  })
  .meta({ id: "CodeBlock" });

export const TerminalSize = z
  .strictObject({
    columns: z
      .int()
      .min(1, "expected at least 1")
      .max(65_535, "expected at most 65535")
      .meta({ description: "Characters in a line." }),
    rows: z.int().min(1, "expected at least 1").max(65_535, "expected at most 65535").meta({ description: "Lines." }),
  })
  .meta({ id: "TerminalSize" });

export const SandboxExec = z
  .strictObject({
    id: SandboxRef,
    command: Command.optional(),
    code: CodeBlock.optional().meta({ description: "A file to write and run, instead of a command." }),
    env: Env.optional(),
    cwd: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .meta({ description: "Directory in the sandbox; relative ones start at the workspace.", default: "/workspace" }),
    timeoutMs: LimitsInput.timeoutMs,
    ...stdin,
    shell: z.boolean().optional().meta({ description: "Read the command as one line of shell." }),
    session: SessionName.optional().meta({
      description: "Run in a shell of this name that stays, with the directory, variables and functions that it has.",
    }),
    user: z
      .string()
      .regex(/^(?:[a-z_][a-z0-9_.-]{0,31}|\d{1,10}(?::\d{1,10})?)$/, "expected a user's name, UID or UID:GID")
      .optional()
      .meta({ description: "Whom to run as in the sandbox: a name there, UID or UID:GID; its own user otherwise." }),
    tty: TerminalSize.optional().meta({
      description:
        "Run on a terminal of this size: all output is stdout, and without a deadline of its own only the administrator's maximum ends it.",
    }),
    background: z.boolean().optional().meta({
      description: "Answer once it has started, with a result that says `running`; it goes on without its caller.",
    }),
  })
  .refine((input) => (input.command === undefined) !== (input.code === undefined), {
    message: "expected either a command or a code block",
    path: ["command"],
  });

const HostDirectory = z
  .string()
  .min(1, "expected a directory")
  .max(4096)
  .meta({ description: "Directory of the engine's host, mounted at /workspace, below an allowed root." });

const jobInput = {
  env: Env.optional(),
  image: ImageReference.optional().meta({ description: "Image reference; the configured default otherwise." }),
  profile: Profile.optional(),
  network: NetworkPolicy.optional().meta({ default: "none" }),
  runtime: Runtime.optional(),
  ...LimitsInput,
  ...stdin,
};

export const JobRun = z.strictObject({
  command: Command,
  workspace: HostDirectory.optional(),
  ...jobInput,
});

const AgentId = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$/, "expected 1 to 64 of A-Z, a-z, 0-9, _, . and -, the first no mark")
  .meta({ id: "AgentId", description: "Names the agent in receipts, in its environment, and in its result file." });

export const AgentRun = z.strictObject({
  agentId: AgentId,
  workspace: HostDirectory,
  command: Command,
  shell: z.boolean().optional().meta({ description: "Read the command as one line of shell." }),
  ...jobInput,
  image: jobInput.image.meta({
    description:
      "Image reference; otherwise the configured one of agents, else Moorage's own (bash, curl, git, jq, make, Python).",
  }),
  network: NetworkPolicy.optional().meta({
    description: "What the agent can reach, as a policy of `run`; otherwise the configured one of agents, else none.",
  }),
});
