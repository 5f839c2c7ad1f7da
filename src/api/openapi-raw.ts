import { TAR } from "./answers.ts";
import { failedResponses } from "./openapi-errors.ts";
import { ARCHIVE_PATH } from "./raw-routes.ts";

type Paths = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;

const archiveParameters = [
  { name: "id", in: "path", required: true, schema: { $ref: "#/components/schemas/SandboxRef" } },
  {
    name: "path",
    in: "query",
    required: true,
    description: "Relative to the workspace, or absolute below /workspace.",
    schema: { type: "string" },
  },
];

const tar = { [TAR]: { schema: { type: "string", contentMediaType: TAR } } };

/** The routes that carry bytes. */
export function rawPaths(): Paths {
  return {
    [ARCHIVE_PATH]: {
      get: {
        operationId: "raw_download",
        tags: ["raw"],
        summary: "Read a file or a tree of a sandbox as a tar stream.",
        parameters: archiveParameters,
        responses: {
          "200": { description: "The archive. It is whole when the connection ends in order.", content: tar },
          ...failedResponses(true),
        },
      },
      put: {
        operationId: "raw_upload",
        tags: ["raw"],
        summary: "Unpack a tar stream into a directory of a sandbox, which is made when it is missing.",
        parameters: archiveParameters,
        requestBody: { required: true, content: tar },
        responses: { "204": { description: "Unpacked." }, ...failedResponses(true) },
      },
    },
  };
}

/** The routes about the server itself. */
export function serverPaths(): Paths {
  const json = (description: string, schema: object) => ({
    "200": { description, content: { "application/json": { schema } } },
    default: { $ref: "#/components/responses/Error" },
  });
  const health = {
    type: "object",
    properties: { ok: { type: "boolean", const: true }, version: { type: "string" } },
    required: ["ok", "version"],
  };
  return {
    "/healthz": {
      get: {
        operationId: "server_health",
        tags: ["server"],
        summary: "Tell that the server answers.",
        parameters: [],
        responses: json("It answers.", health),
      },
    },
    "/openapi.json": {
      get: {
        operationId: "server_openapi",
        tags: ["server"],
        summary: "Read this document.",
        parameters: [],
        responses: json("This document.", { type: "object" }),
      },
    },
  };
}
