import type { Escape } from "./words.ts";
import { quotedWords } from "./words.ts";

export type Heredoc = { readonly name: string; readonly chomps: boolean };

const TAKES_HEREDOCS = new Set(["RUN", "COPY", "ADD"]);

/** What an instruction of a newer builder reads from the lines that follow it. */
export function heredocsOf(name: string, args: string, escape: Escape): readonly Heredoc[] {
  if (!TAKES_HEREDOCS.has(name) || !args.includes("<<")) return [];
  return quotedWords(args, escape).flatMap((word) => {
    const [, dash, rest = ""] = /^\d*<<(-?)([^<]+)$/.exec(word) ?? [];
    const bare = rest.replaceAll(/["']/g, "");
    return bare === "" ? [] : [{ name: bare, chomps: dash === "-" }];
  });
}
