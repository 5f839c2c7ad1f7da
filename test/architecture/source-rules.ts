/** What no lint rule looks for: a pattern that must not stand in some files. */
export interface SourceRule {
  readonly name: string;
  /** Files of the repository, as paths from its root. */
  readonly in: RegExp;
  readonly notIn?: RegExp;
  readonly pattern: RegExp;
  /** A line that breaks the rule, and the nearest one that does not. */
  readonly bad: string;
  readonly good: string;
}

const TESTS = /[.]test[.]ts$|\/testing\//;

export const SOURCE_RULES: readonly SourceRule[] = [
  {
    name: "the environment is read in src/main alone",
    in: /^src\//,
    notIn: new RegExp(`^src/main/|${TESTS.source}`),
    // An example in a comment is somebody else's program.
    pattern: /^(?! \* ).*(?:\bprocess\s*[.?[]+\s*["']?env\b|\{[^}]*\benv\b[^}]*\}\s*=\s*process\b)/,
    bad: "const home = process.env.HOME;",
    good: "const { env } = options;",
  },
  {
    name: "a suppressed lint rule is named, with a reason",
    in: /[.](ts|mjs)$/,
    pattern: /(?:oxlint|eslint)-disable(?:-next-line|-line)?(?!-)(?!.* -- \S.{9})/,
    bad: "// oxlint-disable-next-line no-eval",
    good: "// oxlint-disable-next-line no-eval -- the sandbox is the one that evaluates",
  },
  {
    name: "types are never cast by way of unknown",
    in: /^(src|scripts|bench)\//,
    // Looking a method up by a name that is only known at run time loses its type, in that one place.
    notIn: new RegExp(`^src/contracts/platform[.]ts$|${TESTS.source}`),
    pattern: /\bas unknown as\b/,
    bad: "return value as unknown as Result;",
    good: "return value as Result;",
  },
  {
    name: "programs are started without a shell",
    in: /^(src\/(engine|registry|source)|scripts|bench)\//,
    pattern: /\bshell:\s*(true|["'`])/,
    bad: 'spawn("ls", { shell: true });',
    good: 'spawn("ls", { shell: false });',
  },
  {
    name: "users are told of sandboxes, not of the engine port's units",
    in: /^src\//,
    notIn: new RegExp(`^src/engine/conformance|${TESTS.source}`),
    // Comments speak of units: the line is an error's, or a message's that follows one.
    pattern: /(?:MoorageError\(|[mM]essage\b).*["'`](?:[^"'`]* )?[uU]nits?[ .'][^"'`]*/,
    bad: 'throw new MoorageError("NOT_FOUND", `There is no unit ${id}.`);',
    good: 'throw new MoorageError("NOT_FOUND", `There is no sandbox ${id}.`);',
  },
  {
    name: "nothing is announced that is not there",
    in: /^(src|scripts|bench|test)\//,
    pattern: /\b(TODO|FIXME|XXX)\b/,
    bad: "// TODO: handle this",
    good: "// Handled by the caller.",
  },
];

const FORBIDDEN_NAMES = new Set(["util", "utils", "helper", "helpers", "common", "manager", "managers", "misc"]);

/** The parts of a path that name nothing: a file or folder is called after what it holds. */
export function vagueNames(path: string): string[] {
  return path.split(/[/.-]/).filter((part) => FORBIDDEN_NAMES.has(part));
}

/** The lines of a file that break a rule. */
export function breaches(rule: SourceRule, path: string, text: string): string[] {
  if (!rule.in.test(path) || rule.notIn?.test(path) === true) return [];
  return text
    .split("\n")
    .flatMap((line, index) => (rule.pattern.test(line) ? [`${path}:${index + 1}: ${line.trim()}`] : []));
}
