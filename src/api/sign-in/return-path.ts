import { MoorageError } from "../../base/errors.ts";

const MOST_CHARACTERS = 2000;
/** Encoded slashes, backslashes and control characters: some server on the way may decode them. */
const TRICKS = /%(?:2f|5c|[01][0-9a-f]|7f)/i;
const VISIBLE = /^[!-~]+$/;

/** A path of this server, and nothing that a browser could take for an address of another. */
export function readReturnPath(text: string | undefined): string {
  if (text === undefined || text === "") return "/";
  const [path = ""] = text.split(/[?#]/, 1);
  const isPath =
    text.length <= MOST_CHARACTERS &&
    VISIBLE.test(text) &&
    !text.includes("\\") &&
    path.startsWith("/") &&
    !path.includes("//") &&
    !TRICKS.test(path) &&
    // Without `..` and its like, it stays what it looks like.
    new URL(path, "http://here.invalid").pathname === path &&
    !path.startsWith("/auth/");
  if (isPath) return text;
  const shown = JSON.stringify(text.length > 200 ? `${text.slice(0, 200)}…` : text);
  throw new MoorageError("INVALID_INPUT", `return: expected a path of this server such as /docs, got ${shown}.`, {
    hint: "Leave it out to come to the server's first page.",
  });
}
