import { posix } from "node:path";
import { fileURLToPath } from "node:url";
import { MoorageError } from "../../../../base/errors.ts";
import type { ContextSource } from "../../../../contracts/types.ts";

/** What of which repository is asked for. */
export type GitWish = {
  readonly protocol: "https" | "http" | "file";
  /** Without credentials, and so fit to be told. */
  readonly url: string;
  readonly host: { readonly name: string; readonly port: string };
  /** Of `file:`: the directory. */
  readonly path: string;
  readonly credentials: { readonly user: string; readonly password: string } | undefined;
  readonly ref: string;
  /** Undefined: the root. */
  readonly subdirectory: string | undefined;
};

/** What no name of a branch, tag or commit has. */
const NO_REF = /[\s~^:?*[\\\p{Cc}]|\.\.|@\{|^[-/]|[./]$|^$/u;
const DEFAULT_PORTS: Readonly<Record<string, string>> = { https: "443", http: "80", file: "" };

/** `git@HOST:PATH`, and the same as a URL. */
const SSH =
  /^(?:(?:git\+)?ssh:\/\/(?:[^/@]*@)?(?<host>[\w.-]+)(?::\d+)?\/|[\w.-]+@(?<host>[\w.-]+):)(?<path>[^\s?#]*)/i;

/** INVALID_INPUT where it is no URL of a kind that is fetched; none of its credentials are in the message. */
export function gitWish(given: NonNullable<ContextSource["git"]>): GitWish {
  const {
    url: text,
    ref,
    subdirectory,
  } = typeof given === "string" ? { url: given, ref: undefined, subdirectory: undefined } : given;
  const url = parsed(text);
  const [refPart = "", ...rest] = decoded(url.hash.slice(1), "what follows #").split(":");
  const directoryPart = rest.join(":");
  if ((ref !== undefined && refPart !== "") || (subdirectory !== undefined && directoryPart !== "")) {
    throw invalid(
      "expected the ref and the subdirectory in the URL or beside it, not both",
      "Leave out what follows # in the URL.",
    );
  }
  const protocol = url.protocol.slice(0, -1) as GitWish["protocol"];
  const shown = new URL(url);
  shown.username = shown.password = shown.hash = "";
  return {
    protocol,
    url: shown.href,
    host: { name: url.hostname, port: url.port || (DEFAULT_PORTS[protocol] ?? "") },
    path: protocol === "file" ? pathOf(shown) : "",
    credentials:
      url.username === "" && url.password === ""
        ? undefined
        : { user: decoded(url.username, "the user"), password: decoded(url.password, "the token") },
    ref: checkedRef(ref ?? (refPart === "" ? "HEAD" : refPart)),
    subdirectory: checkedSubdirectory(subdirectory ?? directoryPart),
  };
}

function parsed(text: string): URL {
  const hint = "Name a repository as https://HOST/PATH, or as file:///PATH below an allowed root.";
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const ssh = SSH.exec(text)?.groups;
  if (ssh !== undefined) {
    const form = `https://${ssh["host"]}/${ssh["path"]}`.slice(0, 200);
    throw invalid(
      "expected a URL that begins with https:// or file://, got one of ssh",
      `Name it as ${form}; a private repository is reached by https://USER:TOKEN@HOST/….`,
    );
  }
  if (url === undefined) throw invalid("expected a URL, got none", hint);
  if (!["https:", "http:", "file:"].includes(url.protocol)) {
    throw invalid(`expected a URL that begins with https:// or file:// (got ${JSON.stringify(url.protocol)})`, hint);
  }
  if (url.search !== "") throw invalid("expected a URL without a ?", hint);
  if (url.protocol === "file:" && url.hostname !== "") throw invalid("expected file:/// with three slashes", hint);
  return url;
}

/** The text is not told: it may be a part of a credential. */
function decoded(text: string, what: string): string {
  try {
    return decodeURIComponent(text);
  } catch (error) {
    throw invalid(`expected ${what} of the URL with each % as %25`, "Write a % that is meant as such as %25.", error);
  }
}

function pathOf(url: URL): string {
  try {
    return fileURLToPath(url);
  } catch (error) {
    throw invalid("expected a path that can be one of this host", "Write it as file:///PATH.", error);
  }
}

function checkedRef(ref: string): string {
  if (!NO_REF.test(ref)) return ref;
  throw invalid(
    `expected a branch, a tag or a full commit (got ${JSON.stringify(ref)})`,
    "Name it as `git branch` shows it.",
  );
}

function checkedSubdirectory(given: string): string | undefined {
  if (given === "") return undefined;
  const path = posix.normalize(given).replace(/\/$/, "").replace(/^\//, "");
  if (path === "" || path === ".") return undefined;
  if (path.split("/")[0] !== ".." && !path.includes("\0")) return path;
  throw invalid(
    `expected a directory of the repository (got ${JSON.stringify(given)})`,
    "Name it from the repository's root.",
  );
}

function invalid(problem: string, hint: string, cause?: unknown): MoorageError {
  return new MoorageError("INVALID_INPUT", `git: ${problem}.`, { hint, cause });
}
