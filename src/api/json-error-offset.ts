type Expectation = "value" | "value-or-end" | "key" | "key-or-end" | "colon" | "comma-or-end" | "nothing";

/** What one character means where it stands: a mark to step over, or the first of a key or a value. */
type Step = { readonly kind: "mark"; readonly next: Expectation } | { readonly kind: "key" | "scalar" };

const SPACE = /[ \t\r\n]*/y;
const SCALAR = /true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
/** Everything but quotes, backslashes and control characters. */
const PLAIN_RUN = /[\u0020\u0021\u0023-\u005b\u005d-\uffff]{1,65536}/y;
const ESCAPE = /\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4})/y;

/** Where a text stops being JSON; its length when it ends too early. Only for texts that JSON.parse has refused. */
export function jsonErrorOffset(text: string): number {
  const closers: string[] = [];
  let expected: Expectation = "value";
  let offset = 0;
  for (;;) {
    offset = after(SPACE, text, offset) ?? offset;
    const character = text.charAt(offset);
    const step = stepOf(expected, character, closers);
    if (step === undefined) return offset;
    if (step.kind === "mark") {
      expected = step.next;
      offset += 1;
      continue;
    }
    const { end, whole } = character === '"' ? stringEnd(text, offset) : scalarEnd(text, offset);
    if (!whole) return end;
    offset = end;
    expected = step.kind === "key" ? "colon" : afterValue(closers);
  }
}

function stepOf(expected: Expectation, character: string, closers: string[]): Step | undefined {
  if (character === "") return undefined;
  switch (expected) {
    case "nothing":
      return undefined;
    case "colon":
      return character === ":" ? { kind: "mark", next: "value" } : undefined;
    case "comma-or-end":
      if (character === ",") return { kind: "mark", next: closers.at(-1) === "}" ? "key" : "value" };
      return closed(character, closers);
    case "key":
      return character === '"' ? { kind: "key" } : undefined;
    case "key-or-end":
      return character === '"' ? { kind: "key" } : closed(character, closers);
    case "value":
      return opened(character, closers);
    case "value-or-end":
      return closed(character, closers) ?? opened(character, closers);
  }
}

function opened(character: string, closers: string[]): Step {
  if (character !== "{" && character !== "[") return { kind: "scalar" };
  closers.push(character === "{" ? "}" : "]");
  return { kind: "mark", next: character === "{" ? "key-or-end" : "value-or-end" };
}

function closed(character: string, closers: string[]): Step | undefined {
  if (character !== closers.at(-1)) return undefined;
  closers.pop();
  return { kind: "mark", next: afterValue(closers) };
}

function afterValue(closers: readonly string[]): Expectation {
  return closers.length === 0 ? "nothing" : "comma-or-end";
}

type Token = { readonly end: number; readonly whole: boolean };

function scalarEnd(text: string, start: number): Token {
  const end = after(SCALAR, text, start);
  return end === undefined ? { end: start, whole: false } : { end, whole: true };
}

function stringEnd(text: string, start: number): Token {
  let offset = start + 1;
  for (;;) {
    const end = after(PLAIN_RUN, text, offset) ?? after(ESCAPE, text, offset);
    if (end !== undefined) offset = end;
    else return text.charAt(offset) === '"' ? { end: offset + 1, whole: true } : { end: offset, whole: false };
  }
}

/** The end of the match at that offset. The patterns are sticky: each use begins by saying where. */
function after(pattern: RegExp, text: string, offset: number): number | undefined {
  pattern.lastIndex = offset;
  return pattern.test(text) ? pattern.lastIndex : undefined;
}
