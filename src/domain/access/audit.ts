import { isoTime } from "../../base/clock.ts";
import { asMoorageError } from "../../base/errors.ts";
import type { NamedOperation } from "../../contracts/platform.ts";
import { QuotaName } from "../../contracts/quota.ts";
import type { DomainContext, Principal } from "../context.ts";
import { recordChange, type ChangeFacts } from "../receipt/record-receipt.ts";
import type { Outcome } from "../validated.ts";
import { isRead } from "./rights.ts";

/** Fields of inputs and answers that say what it was about, and what it set. None holds contents, variables or secrets. */
const SUBJECTS = [
  ...[
    "id",
    "name",
    "runId",
    "sandboxId",
    "reference",
    "tag",
    "path",
    "to",
    "user",
    "agent",
    "owner",
    "role",
    "network",
  ],
  ...["snapshot", "volume", "image", "registry"],
  ...["disabled", "remove", "reset", "unlimited"],
  ...QuotaName.options,
];
const MAX_CHARACTERS = 300;

/** Writes what a principal changes, or tries to, to the chain. */
export function createAudit(context: DomainContext, principal: Principal) {
  return (name: string, input: unknown) => {
    const startedAt = isoTime(context.clock.now());
    const startedMs = context.clock.monotonic();
    return async (outcome: Outcome): Promise<void> => {
      const error = "thrown" in outcome ? asMoorageError(outcome.thrown) : undefined;
      // What was never tried has changed nothing, and anybody could fill the log with it.
      if (error?.code === "INVALID_INPUT") return;
      const { owner, keyId: key, user, agent, via = null } = principal;
      const facts: ChangeFacts = {
        operation: "change",
        ...{ owner, key, user, agent, via },
        change: name,
        subject: { ...subjectOf(input), ...("answer" in outcome ? subjectOf(outcome.answer) : {}) },
        outcome: error === undefined ? "done" : error.code === "FORBIDDEN" ? "refused" : "failed",
        code: error?.code ?? null,
        startedAt,
        durationMs: Math.round(context.clock.monotonic() - startedMs),
      };
      await context.owed.attempt(`the record of ${name}`, async () => void (await recordChange(context, facts)));
    };
  };
}

/** Whether an operation leaves a record of its own kind in the audit log. */
export function isAudited({ operation }: NamedOperation): boolean {
  return !isRead(operation) && (operation.record ?? "change") === "change";
}

function subjectOf(value: unknown): Record<string, string> {
  if (typeof value !== "object" || value === null) return {};
  const { unlimited, ...given }: Readonly<Record<string, unknown>> = { ...value };
  const names = Array.isArray(unlimited) ? unlimited.join(",") : undefined;
  const fields: Readonly<Record<string, unknown>> = { ...given, unlimited: names };
  return Object.fromEntries(
    SUBJECTS.flatMap((name) => {
      const field = fields[name];
      return isPlain(field) ? [[name, String(field).slice(0, MAX_CHARACTERS)]] : [];
    }),
  );
}

function isPlain(field: unknown): field is string | number | boolean {
  return typeof field === "string" || typeof field === "number" || typeof field === "boolean";
}
