/** What a pattern is made of, after the grammar that Docker has for `.dockerignore`. */
type Token =
  | { readonly kind: "literal"; readonly char: string }
  | { readonly kind: "class"; readonly has: (char: string) => boolean }
  /** `?` */
  | { readonly kind: "any" }
  /** `*` */
  | { readonly kind: "run" }
  /** `**` before something: nothing, or all up to any slash. `begun` is its second half, in which something was passed. */
  | { readonly kind: "deep" }
  | { readonly kind: "begun" }
  /** `**` at the end. */
  | { readonly kind: "rest" };

const DEEP: readonly Token[] = [{ kind: "deep" }, { kind: "begun" }];

/** Says whether a path is the one that the pattern names. */
export type Pattern = (path: string) => boolean;

/**
 * A pattern, cleaned before, in time that grows with pattern and path alone. SyntaxError where a class is not closed, is
 * empty, or has a dash that is no range, and where a backslash escapes nothing.
 */
export function compilePattern(text: string): Pattern {
  const tokens = tokensOf(Array.from(text));
  const plain = plainOf(text, tokens);
  if (plain !== undefined) return plain;
  const head = literalsOf(tokens);
  const tail = Array.from(literalsOf(tokens.toReversed())).toReversed().join("");
  return (path) => path.startsWith(head) && path.endsWith(tail) && matches(tokens, Array.from(path));
}

/** Docker compares those without other wildcards as texts, so that `**name` also is the end of a longer name. */
function plainOf(text: string, tokens: readonly Token[]): Pattern | undefined {
  const wild = tokens.filter(({ kind }) => kind !== "literal").map(({ kind }) => kind);
  if (text.includes("\\")) return undefined;
  if (wild.length === 0) return (path) => path === text;
  if (text.startsWith("**") && (wild.join() === "deep,begun" || tokens.length === 1)) {
    const end = text.slice(2);
    return (path) => path.endsWith(end) || `/${path}` === end;
  }
  if (wild.join() === "rest") {
    const start = text.slice(0, text.lastIndexOf("**"));
    return (path) => path.startsWith(start);
  }
  return undefined;
}

function tokensOf(chars: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let at = 0; at < chars.length; at += 1) {
    const char = chars[at] ?? "";
    if (char === "*" && chars[at + 1] === "*") {
      at += chars[at + 2] === "/" ? 2 : 1;
      tokens.push(...(at + 1 === chars.length ? [{ kind: "rest" } as const] : DEEP));
    } else if (char === "*") tokens.push({ kind: "run" });
    else if (char === "?") tokens.push({ kind: "any" });
    else if (char === "[") {
      const end = closingOf(chars, at);
      tokens.push({ kind: "class", has: classOf(chars.slice(at + 1, end)) });
      at = end;
    } else if (char === "\\") {
      at += 1;
      tokens.push({ kind: "literal", char: escaped(chars[at]) });
    } else tokens.push({ kind: "literal", char });
  }
  return tokens;
}

function closingOf(chars: readonly string[], from: number): number {
  for (let at = from + 1; at < chars.length; at += 1) {
    if (chars[at] === "\\") at += 1;
    else if (chars[at] === "]") return at;
  }
  throw new SyntaxError("its [ is not closed");
}

function classOf(inside: readonly string[]): (char: string) => boolean {
  const negated = inside[0] === "^";
  const ranges: (readonly [number, number])[] = [];
  let at = negated ? 1 : 0;
  const next = (): number => {
    const char = inside[at++];
    if (char === "-" || char === undefined) throw new SyntaxError("a - in its [] has no beginning or no end");
    return (char === "\\" ? escaped(inside[at++]) : char).codePointAt(0) ?? 0;
  };
  while (at < inside.length) {
    const low = next();
    if (inside[at] !== "-") {
      ranges.push([low, low]);
      continue;
    }
    at += 1;
    ranges.push([low, next()]);
  }
  if (ranges.length === 0) throw new SyntaxError("its [] is empty");
  return (char) => {
    const point = char.codePointAt(0) ?? 0;
    return ranges.some(([low, high]) => low <= point && point <= high) !== negated;
  };
}

function escaped(char: string | undefined): string {
  if (char === undefined) throw new SyntaxError("its last \\ escapes nothing");
  return char;
}

function literalsOf(tokens: readonly Token[]): string {
  let text = "";
  for (const token of tokens) {
    if (token.kind !== "literal") break;
    text += token.char;
  }
  return text;
}

/** All ways at once: a set of the places in the pattern at which the path so far may have arrived. */
function matches(tokens: readonly Token[], path: readonly string[]): boolean {
  let here = new Set<number>();
  arrive(tokens, here, 0);
  for (const char of path) {
    const next = new Set<number>();
    for (const at of here) step(tokens, { at, char }, next);
    if (next.size === 0) return false;
    here = next;
  }
  return here.has(tokens.length);
}

function arrive(tokens: readonly Token[], places: Set<number>, at: number): void {
  places.add(at);
  const kind = tokens[at]?.kind;
  if (kind === "run" || kind === "rest") arrive(tokens, places, at + 1);
  if (kind === "deep") arrive(tokens, places, at + 2);
}

function step(tokens: readonly Token[], { at, char }: { at: number; char: string }, next: Set<number>): void {
  const token = tokens[at];
  switch (token?.kind) {
    case "run":
      if (char !== "/") arrive(tokens, next, at);
      return;
    case "rest":
      arrive(tokens, next, at);
      return;
    case "deep":
    case "begun": {
      const begun = token.kind === "deep" ? at + 1 : at;
      next.add(begun);
      if (char === "/") arrive(tokens, next, begun + 1);
      return;
    }
    default:
      if (isOne(token, char)) arrive(tokens, next, at + 1);
  }
}

/** Whether a token that stands for one character stands for this one. */
function isOne(token: Token | undefined, char: string): boolean {
  if (token?.kind === "literal") return token.char === char;
  if (token?.kind === "class") return token.has(char);
  return token?.kind === "any" && char !== "/";
}
