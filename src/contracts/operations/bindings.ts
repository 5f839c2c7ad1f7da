import type { FlagBinding, McpBinding } from "../operation.ts";

/** How the inputs that several operations share are spelled as flags. */
export const limitFlags: Record<string, FlagBinding> = {
  memoryBytes: { flag: "memory", parse: "bytes" },
  diskBytes: { flag: "disk", parse: "bytes" },
  timeoutMs: { flag: "timeout", parse: "duration" },
  env: { short: "e", parse: "key-value" },
};

export const jobFlags: Record<string, FlagBinding> = { ...limitFlags, workspace: { parse: "host-directory" } };

export const stdinFlags: Record<string, FlagBinding> = {
  stdin: { offered: false },
  stdinEncoding: { offered: false },
  interactive: { flag: "stdin", short: "i" },
};

export const lifeFlags = {
  labels: { flag: "label", short: "l", parse: "key-value" },
  idleTimeoutMs: { flag: "idle-timeout", parse: "duration" },
  ttlMs: { flag: "ttl", parse: "duration" },
} as const satisfies Record<string, FlagBinding>;

export const graceFlags: Record<string, FlagBinding> = { graceMs: { flag: "grace", parse: "duration" } };

export const readOnly: McpBinding = { readOnly: true, destructive: false };
export const changing: McpBinding = { readOnly: false, destructive: false };
export const destructive: McpBinding = { readOnly: false, destructive: true };
