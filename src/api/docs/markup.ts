/** Text that is HTML already. */
export type Markup = { readonly html: string };
type Part = Markup | string | number | undefined | readonly Part[];

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

/** A template whose values are escaped, save those that are HTML. */
export function markup(texts: TemplateStringsArray, ...parts: readonly Part[]): Markup {
  return { html: texts.map((text, index) => text + written(parts[index])).join("") };
}

function written(part: Part): string {
  if (part === undefined) return "";
  if (Array.isArray(part)) return part.map(written).join("");
  if (typeof part === "object") return (part as Markup).html;
  return String(part).replaceAll(/[&<>"']/g, (character) => ESCAPES[character] ?? "");
}

/** What stands in backticks is code. */
export function prose(text: string): Markup[] {
  return text.split("`").map((part, index) => (index % 2 === 1 ? markup`<code>${part}</code>` : markup`${part}`));
}
