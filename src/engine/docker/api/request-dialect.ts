import { MoorageError } from "../../../base/errors.ts";
import type { ApiRequest } from "./api-request.ts";
import type { EngineTraits } from "./engine-traits.ts";

/** The request as this engine reads it. */
export function requestInDialect(request: ApiRequest, traits: EngineTraits): ApiRequest {
  if (traits.product !== "Podman") return request;
  const { path, query = {} } = request;
  if (path.endsWith("/archive") && request.method !== "PUT" && query["path"] !== undefined) {
    return { ...request, query: { ...query, path: literal(query["path"]) } };
  }
  // Podman loses the frames of a log that it is asked for the end of.
  if (path.endsWith("/logs")) return { ...request, query: { ...query, tail: undefined } };
  return request;
}

/** Podman takes a path that is read or looked at for a pattern, in which an asterisk cannot be had as such. */
function literal(path: string): string {
  if (path.includes("*")) {
    throw new MoorageError("ENGINE_UNSUPPORTED", `Podman cannot read ${JSON.stringify(path)}: it has an asterisk.`, {
      hint: "Read the directory that it lies in, or rename it in the sandbox.",
    });
  }
  return path.replaceAll(/[\\?[\]]/g, String.raw`\$&`);
}
