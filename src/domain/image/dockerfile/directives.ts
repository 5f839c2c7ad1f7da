import { isComment, trim, trimStart } from "./blanks.ts";
import type { Directive, Problem } from "./dockerfile.ts";
import type { Escape } from "./words.ts";

export type Head = {
  readonly escape: Escape;
  readonly directives: readonly Directive[];
  readonly problems: readonly Problem[];
};

const DIRECTIVE = /^#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=(.*)$/s;

/** Reads `# name=value` before the first instruction. What builders read there at other places is read here too. */
export function readDirectives(lines: readonly string[]): Head {
  const directives: Directive[] = [];
  for (const [index, text] of lines.entries()) {
    if (trim(text) !== "" && !isComment(text)) break;
    const [, name = "", value = ""] = DIRECTIVE.exec(trimStart(text)) ?? [];
    if (["escape", "syntax", "check"].includes(name.toLowerCase())) {
      directives.push({ line: index + 1, name: name.toLowerCase(), value: trim(value) });
    }
  }
  const escapes = directives.filter(({ name }) => name === "escape");
  return {
    directives,
    escape: escapes.some(({ value }) => value === "`") ? "`" : "\\",
    problems: escapes.flatMap(escapeProblem),
  };
}

// Some builders end the search at a blank line or at a directive that they do not know, others do not.
function escapeProblem({ line, value }: Directive): readonly Problem[] {
  if (value !== "`" && value !== "\\") {
    const message = `escape: expected \\ or \` (got ${JSON.stringify(value.slice(0, 40))}).`;
    return [{ line, endLine: line, rule: "syntax", message, fix: "Write # escape=`, or leave the line out." }];
  }
  if (line === 1) return [];
  const message = "Builders differ on whether `# escape=` counts when it is not the first line.";
  return [{ line, endLine: line, rule: "unsupported", message, fix: "Make it line 1, or leave it out." }];
}
