import { MoorageError } from "../../base/errors.ts";
import { invalidValue } from "../flags/invalid-value.ts";

/** Where a copy begins or ends. */
export type SandboxPlace = { readonly kind: "sandbox"; readonly id: string; readonly path: string };
export type HostPlace = { readonly kind: "host"; readonly path: string };

const SANDBOX = /^([a-z0-9][a-z0-9-]*):([\s\S]*)$/;
const WORKSPACE = "/workspace";

/** `ID:PATH`, else a path of this host; `./` before a host path with a colon tells them apart. */
export function placeOf(text: string, label: string): SandboxPlace | HostPlace {
  if (text === "" || text.includes("\0"))
    throw invalidValue(label, { expected: "ID:PATH or a path of this host", got: text });
  if (text === "-") {
    const hint = "`moorage file read` prints a file and `moorage file write` takes one; ./- is a file of that name.";
    throw new MoorageError("INVALID_INPUT", `${label}: expected ID:PATH or a path of this host (got "-").`, { hint });
  }
  const [, id, path] = SANDBOX.exec(text) ?? [];
  if (id === undefined || path === undefined) return { kind: "host", path: text };
  if (path.split("/").includes("..")) {
    throw new MoorageError(
      "PATH_NOT_ALLOWED",
      `${label}: expected a path without \`..\` (got ${JSON.stringify(text)}).`,
    );
  }
  return { kind: "sandbox", id, path: path === "" ? WORKSPACE : path };
}

/** `SRC/.` stands for what is in SRC, and so does `.` alone. */
export function meansContents(path: string): boolean {
  return path === "." || path.endsWith("/.");
}

/** The path without what only tells how it is meant: `/` and `/.` at its end. The workspace is always spelled out. */
export function plainPath(path: string): string {
  const plain = path.replace(/(?:\/\.?)+$/, "");
  if (plain === "" || plain === ".") return path.startsWith("/") ? "/" : WORKSPACE;
  return plain.replace(/^(?:\.\/+)+(?=.)/, "");
}

/** Directories between the workspace and a path of a sandbox. */
export function depthBelowWorkspace(path: string): number {
  const below = path === WORKSPACE || path.startsWith(`${WORKSPACE}/`) ? path.slice(WORKSPACE.length) : path;
  return below.split("/").filter((part) => part !== "" && part !== ".").length;
}
