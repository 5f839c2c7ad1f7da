import { MoorageError } from "../../base/errors.ts";

/** One entry of a jobs file: what it says, not yet checked, and the line where it begins. */
export type JobEntry = { readonly line: number; readonly value: unknown };

export type JobsText = {
  /** As a reader knows the file: its path, or `stdin`. */
  readonly name: string;
  readonly text: string;
};

/** More aliases than any list of jobs needs; fewer than it takes to make a small file a huge one. */
const MAX_ALIASES = 100;

/** The entries of a jobs file: JSON lines, or a YAML list (of which a JSON array is a special case). */
export async function parseJobs(file: JobsText): Promise<readonly JobEntry[]> {
  const entries = isJsonLines(file) ? jsonLines(file) : await yamlList(file);
  if (entries.length > 0) return entries;
  throw new MoorageError("INVALID_INPUT", `${file.name}: expected at least one job (got none).`, {
    hint: 'Write one job a line, such as {"command": ["echo", "hello"]}, or a YAML list of them.',
  });
}

/** By the name; where it tells nothing, by how the text begins. */
function isJsonLines({ name, text }: JobsText): boolean {
  if (/\.(?:jsonl|ndjson)$/i.test(name)) return true;
  if (/\.(?:ya?ml|json)$/i.test(name)) return false;
  return text.trimStart().startsWith("{");
}

function jsonLines(file: JobsText): readonly JobEntry[] {
  return file.text.split("\n").flatMap((text, index) => {
    if (text.trim() === "") return [];
    const line = index + 1;
    try {
      const value: unknown = JSON.parse(text);
      return [{ line, value }];
    } catch (cause) {
      throw atLine(file, { line, told: "expected one job as a JSON object", cause });
    }
  });
}

async function yamlList(file: JobsText): Promise<readonly JobEntry[]> {
  // Loaded here, for it would slow down every other command.
  const { isNode, isSeq, LineCounter, parseDocument } = await import("yaml");
  const lines = new LineCounter();
  const document = parseDocument(file.text, {
    ...{ version: "1.2", schema: "core", merge: false, uniqueKeys: true, strict: true },
    ...{ lineCounter: lines, prettyErrors: false },
  });
  // A warning is a tag that is not known: what it would make of its value cannot be guessed.
  const [problem] = [...document.errors, ...document.warnings];
  if (problem !== undefined) {
    throw atLine(file, { line: lines.linePos(problem.pos[0]).line, told: problem.message, cause: problem });
  }
  const { contents } = document;
  if (contents === null) return [];
  if (!isSeq(contents)) throw atLine(file, { line: 1, told: "expected a list of jobs, each behind a dash" });
  const values = plain(file, () => document.toJS({ maxAliasCount: MAX_ALIASES }));
  return values.map((value, index) => {
    const node = contents.items[index];
    const [start] = (isNode(node) ? node.range : null) ?? [0];
    return { line: lines.linePos(start).line, value };
  });
}

function plain(file: JobsText, read: () => unknown): readonly unknown[] {
  try {
    const values = read();
    return Array.isArray(values) ? values : [];
  } catch (cause) {
    if (!(cause instanceof ReferenceError)) throw cause;
    throw new MoorageError("INVALID_INPUT", `${file.name}: ${cause.message}.`, {
      hint: `Aliases may stand for ${MAX_ALIASES} values at most, each behind its anchor; write the others out.`,
      cause,
    });
  }
}

type Problem = { readonly line: number; readonly told: string; readonly cause?: unknown };

function atLine({ name }: JobsText, { line, told: problem, cause }: Problem): MoorageError {
  const told = problem.trim().replace(/\.$/, "");
  return new MoorageError("INVALID_INPUT", `${name} line ${line}: ${told}.`, {
    hint: "Write JSON lines (one object a line), or a YAML list; `moorage jobs --help` shows the fields.",
    details: { line },
    cause,
  });
}
