import { isMoorageError, MoorageError } from "../../../base/errors.ts";
import type { RunStatus } from "../../../contracts/types.ts";
import type { BuildEvent } from "../../../engine/engine.ts";
import type { BuildFailure, BuildRow } from "../../../store/store.ts";

/** The line of the Dockerfile on which a step begins, counted from 1; undefined for one that stands in none. */
export type LineOf = (step: number) => number | undefined;

type Place = Pick<BuildFailure, "instruction" | "line">;
type Failed = { readonly status: RunStatus; readonly failure: MoorageError; readonly place: Place };

export type StepEvent = Extract<BuildEvent, { readonly type: "step" }>;

type Terms = {
  readonly lineOf: LineOf;
  /** The step that had begun last. */
  readonly at: StepEvent | undefined;
  readonly canceled: boolean;
};

/** What a build that ended with an error is recorded and told as. */
export function failedBuild(row: BuildRow, error: unknown, { lineOf, at, canceled }: Terms): Failed {
  const failure = isMoorageError(error)
    ? error
    : new MoorageError("INTERNAL", `Building ${row.tag} failed unexpectedly.`, { cause: error });
  const place: Place =
    at === undefined
      ? { instruction: null, line: null }
      : { instruction: at.instruction, line: lineOf(at.step) ?? null };
  return { status: statusOf(failure, canceled), failure: told(row, failure, place), place };
}

function statusOf({ code }: MoorageError, canceled: boolean): RunStatus {
  if (code === "BUILD_TIMED_OUT") return "timed_out";
  return canceled ? "canceled" : "failed";
}

function told({ id: buildId, tag }: BuildRow, failure: MoorageError, { instruction, line }: Place): MoorageError {
  const { code, details, cause } = failure;
  const { words } = details;
  const named = { ...details, buildId, line, instruction };
  if (code !== "IMAGE_BUILD_FAILED" || typeof words !== "string") {
    return new MoorageError(code, failure.message, { hint: failure.hint, details: named, cause });
  }
  const at = [line === null ? undefined : `line ${line}`, instruction === null ? undefined : `"${instruction}"`];
  const where = at.filter((part) => part !== undefined).join(", ");
  const message = `Building ${tag} failed${where === "" ? "" : ` at ${where}`}: ${words}`;
  return new MoorageError(code, message, {
    hint: `Read what it printed: \`moorage image logs ${buildId}\`.`,
    details: named,
    cause,
  });
}
