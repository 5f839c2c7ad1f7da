import { MoorageError } from "../../../base/errors.ts";

/** A reference taken apart. */
export type ImageReference = {
  /** Registry and path, such as `python` or `registry.example:5000/team/app`. */
  readonly repository: string;
  /** A tag, or a digest `sha256:…`, which goes before it. */
  readonly version: string;
  /** What the engine is asked for. */
  readonly whole: string;
};

// A first part is a registry's host only with a dot or a port, or as localhost; else it belongs to the path.
const LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const PORT = ":[0-9]+";
const DOTTED = String.raw`${LABEL}(?:\.${LABEL})+(?:${PORT})?`;
const HOST = String.raw`(?:localhost(?:${PORT})?|${DOTTED}|${LABEL}${PORT}|\[[0-9a-fA-F:]+\](?:${PORT})?)`;
const PART = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`;
const REPOSITORY = new RegExp(`^(?:${HOST}/)?${PART}(?:/${PART})*$`);
const TAG = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;
const DIGEST = /^sha256:[0-9a-f]{64}$/;
const MAX_LENGTH = 255;

/** Reads `[registry/]path[:tag][@digest]`; without a tag it is `latest`. INVALID_INPUT when it is none. */
export function parseImageReference(text: string): ImageReference {
  const [tagged = "", digest, ...more] = text.split("@");
  const { name, tag } = splitTag(tagged);
  const valid =
    text.length <= MAX_LENGTH &&
    more.length === 0 &&
    REPOSITORY.test(name) &&
    (tag === undefined || TAG.test(tag)) &&
    (digest === undefined || DIGEST.test(digest));
  if (!valid) {
    throw new MoorageError(
      "INVALID_INPUT",
      `"${text.slice(0, 300)}" is no image reference; expected [registry/]path[:tag][@sha256:digest].`,
      {
        hint: "Write it as for `docker pull`, in lower case, for example python:3.11-slim.",
      },
    );
  }
  const version = digest ?? tag ?? "latest";
  return { repository: name, version, whole: digest === undefined ? `${name}:${version}` : `${name}@${digest}` };
}

// The colon of a registry's port comes before the last slash.
function splitTag(text: string): { readonly name: string; readonly tag: string | undefined } {
  const colon = text.indexOf(":", text.lastIndexOf("/") + 1);
  return colon < 0 ? { name: text, tag: undefined } : { name: text.slice(0, colon), tag: text.slice(colon + 1) };
}
