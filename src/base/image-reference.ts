import { MoorageError } from "./errors.ts";

/** A reference taken apart. */
export type ImageReference = {
  /** Whose registry it is, such as `docker.io` or `localhost:5000`. */
  readonly host: string;
  /** The path in that registry, such as `library/python`. */
  readonly path: string;
  /** Registry and path as people write them, such as `python` or `registry.example:5000/team/app`. */
  readonly repository: string;
  /** A tag, or a digest `sha256:…`, which goes before it. */
  readonly version: string;
  /** `repository` with its version: one spelling for each image. */
  readonly whole: string;
};

const HUB = "docker.io";
/** Where images of Docker's own are whose path has one part. */
const OFFICIAL = "library/";

// A first part is a registry's host only with a dot or a port, or as localhost; else it belongs to the path.
const LABEL = "[a-zA-Z0-9](?:[a-zA-Z0-9-]*[a-zA-Z0-9])?";
const PORT = ":[0-9]+";
const DOTTED = String.raw`${LABEL}(?:\.${LABEL})+(?:${PORT})?`;
const HOST = String.raw`(?:localhost(?:${PORT})?|${DOTTED}|${LABEL}${PORT}|\[[0-9a-fA-F:]+\](?:${PORT})?)`;
const PART = String.raw`[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*`;
const TAG = "[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}";
const DIGEST = "sha256:[0-9a-f]{64}";
const REFERENCE = new RegExp(`^((?:(${HOST})/)?(${PART}(?:/${PART})*))(?::(${TAG}))?(?:@(${DIGEST}))?$`);
/** An engine takes it for an image's id. */
const IDENTIFIER = /^[0-9a-f]{64}$/;
const MAX_NAME_LENGTH = 255;

/**
 * Reads `[registry/]path[:tag][@digest]` by the grammar of the distribution project; without a registry it is Docker
 * Hub's, without a tag `latest`. Undefined when it is none.
 */
export function readImageReference(text: string): ImageReference | undefined {
  const [, name = "", named = HUB, given = "", tag = "latest", digest] = REFERENCE.exec(text) ?? [];
  if (name === "" || name.length > MAX_NAME_LENGTH || IDENTIFIER.test(name)) return undefined;
  const host = named === `index.${HUB}` ? HUB : named;
  const path = host === HUB && !given.includes("/") ? OFFICIAL + given : given;
  const repository = host === HUB ? path.replace(new RegExp(`^${OFFICIAL}(?=[^/]+$)`), "") : `${host}/${path}`;
  const whole = digest === undefined ? `${repository}:${tag}` : `${repository}@${digest}`;
  return { host, path, repository, version: digest ?? tag, whole };
}

/** The same; INVALID_INPUT when it is none. */
export function parseImageReference(text: string): ImageReference {
  const reference = readImageReference(text);
  if (reference === undefined) throw noReference(text);
  return reference;
}

/**
 * The host of a registry, in lower case, out of the ways in which settings, references and Docker's own files name it,
 * such as `https://index.docker.io/v1/` for `docker.io`.
 */
export function registryHost(text: string): string {
  const host = text.replace(/^https?:\/\//, "").replace(/\/.*$/s, "");
  const lower = host.toLowerCase();
  return [`index.${HUB}`, `registry-1.${HUB}`].includes(lower) ? HUB : lower;
}

function noReference(text: string): MoorageError {
  const message = `"${text.slice(0, 300)}" is no image reference; expected [registry/]path[:tag][@sha256:digest].`;
  return new MoorageError("INVALID_INPUT", message, {
    hint: "Write it as for `docker pull`, in lower case, for example python:3.11-slim.",
  });
}
