type Expectation = "value" | "value-or-end" | "key" | "key-or-end" | "colon" | "comma-or-end" | "nothing";

const SPACE = /[ \t\r\n]*/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const PLAIN_RUN = /[^"\\\u0000-\u001f]{1,65536}/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Where a text stops being JSON; its length when it ends too early. Only for texts that JSON.parse has refused. */
export function jsonErrorOffset(text: string): number {
  const closers: string[] = [];
  let expected: Expectation = "value";
  let offset = 0;
  for (;;) {
    offset = after(SPACE, text, offset) ?? offset;
    const character = text.charAt(offset);
    const step = next(expected, character, closers);
    if (step === undefined) return offset;
    if (step.kind === "mark") {
      expected = step.then;
      offset += 1;
      continue;
    }
    const end: number | Failure = character === '"' ? stringEnd(text, offset) : scalarEnd(text, offset);
    if (typeof end !== "number") return end.at;
    offset = end;
    expected = step.kind === "key" ? "colon" : afterValue(closers);
  }
}

type Failure = { readonly at: number };
type Step = { readonly kind: "mark"; readonly then: Expectation } | { readonly kind: "key" | "scalar" };

function next(expected: Expectation, character: string, closers: string[]): Step | undefined {
  if (character === "" || expected === "nothing") return undefined;
  if (expected === "colon") return character === ":" ? { kind: "mark", then: "value" } : undefined;
  if (expected !== "value" && expected !== "key" && character === closers.at(-1)) {
    closers.pop();
    return { kind: "mark", then: afterValue(closers) };
  }
  if (expected === "comma-or-end") {
    if (character !== ",") return undefined;
    return { kind: "mark", then: closers.at(-1) === "}" ? "key" : "value" };
  }
  if (expected === "key" || expected === "key-or-end") return character === '"' ? { kind: "key" } : undefined;
  if (character !== "{" && character !== "[") return { kind: "scalar" };
  closers.push(character === "{" ? "}" : "]");
  return { kind: "mark", then: character === "{" ? "key-or-end" : "value-or-end" };
}

function afterValue(closers: readonly string[]): Expectation {
  return closers.length === 0 ? "nothing" : "comma-or-end";
}

function scalarEnd(text: string, start: number): number | Failure {
  const end = after(SCALAR, text, start);
  return end === undefined ? { at: start } : end;
}

function stringEnd(text: string, start: number): number | Failure {
  let offset = start + 1;
  for (;;) {
    const end = after(PLAIN_RUN, text, offset) ?? after(ESCAPE, text, offset);
    if (end !== undefined) offset = end;
    else return text.charAt(offset) === '"' ? offset + 1 : { at: offset };
  }
}

/** The end of the match at that offset. The patterns are sticky: each use begins by saying where. */
function after(pattern: RegExp, text: string, offset: number): number | undefined {
  pattern.lastIndex = offset;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
