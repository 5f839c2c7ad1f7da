import type { Flag, Instruction } from "../dockerfile/dockerfile.ts";
import { shown, type Found, type Rule } from "./found.ts";

/** What the classic builder knows. */
const KNOWN: Readonly<Record<string, readonly string[]>> = {
  ADD: ["chown"],
  COPY: ["chown", "from"],
  FROM: ["platform"],
  HEALTHCHECK: ["interval", "timeout", "start-period", "retries"],
};

const FIXES: Readonly<Record<string, string>> = {
  chmod: "Leave --chmod out, and set the mode by RUN chmod in the next line.",
  checksum: "Leave --checksum out, and check the file by RUN sha256sum --check.",
  exclude: "Leave --exclude out, and name the files in .dockerignore.",
};

/** What an instruction asks of the builder that is not in its arguments. */
export const judgeFlags: Rule = (instruction) => {
  const { name, flags, heredocs } = instruction;
  const found = flags.filter((flag) => !isKnown(name, flag)).map((flag) => judgeFlag(name, flag));
  return heredocs.length === 0 ? found : [...found, heredoc(instruction)];
};

type Privilege = { readonly rule: Found["rule"]; readonly what: string; readonly harmless: RegExp };

const PRIVILEGES: Readonly<Record<string, Privilege>> = {
  privileged: { rule: "privileged", what: "asks for the rights of the host", harmless: /^false$/i },
  security: { rule: "insecure", what: "takes away what holds the step in", harmless: /^sandbox$/i },
  network: { rule: "host-network", what: "asks for the network of the host", harmless: /^(?:none|default)$/i },
};

function judgeFlag(instruction: string, { name, value }: Flag): Found {
  const written = shown(`--${name}${value === undefined ? "" : `=${value}`}`);
  const privilege = Object.hasOwn(PRIVILEGES, name.toLowerCase()) ? PRIVILEGES[name.toLowerCase()] : undefined;
  if (privilege?.harmless.test(value ?? "") === false) {
    const message = `${written} ${privilege.what}, and no build has it.`;
    return { rule: privilege.rule, message, fix: "Leave the flag out." };
  }
  if (name.toLowerCase() === "mount") return mount(written, value ?? "");
  const without = `Leave --${name.slice(0, 40)} out${value === undefined ? ", or write it with = and a value" : ""}.`;
  const fix = Object.hasOwn(FIXES, name) ? (FIXES[name] ?? without) : without;
  return { rule: "unsupported", message: `The builder has no ${written} for ${instruction.slice(0, 40)}.`, fix };
}

function isKnown(instruction: string, { name, value }: Flag): boolean {
  return value !== undefined && Object.hasOwn(KNOWN, instruction) && KNOWN[instruction]?.includes(name) === true;
}

function mount(written: string, value: string): Found {
  const message = `${written}: a step can mount nothing.`;
  const fix = /type=(?:secret|ssh)/.test(value)
    ? "Leave it out; what needs a secret belongs into a run, with --env."
    : "COPY what the step reads; leave a cache out.";
  return { rule: "host-mount", message, fix };
}

function heredoc({ name, heredocs: [first = ""] }: Instruction): Found {
  return {
    rule: "unsupported",
    message: `The builder has no heredocs: it would take what follows <<${first.slice(0, 40)} for instructions.`,
    fix:
      name === "RUN" ? "Join the lines by && and \\, or COPY a script and RUN it." : "COPY a file that holds the text.",
  };
}
