import type { z } from "zod";
import { inputFields } from "../contracts/json-schema.ts";
import { RunTerminalOpen, TerminalOpen } from "../contracts/terminal.ts";
import { TAR } from "./answers.ts";
import { CONTENT_PATH, OCTETS } from "./content-routes.ts";
import { failedResponses } from "./openapi-errors.ts";
import { ARCHIVE_PATH, CONTEXTS_PATH } from "./raw-routes.ts";
import { IMAGE_ARCHIVE_PATH } from "./image-archive-routes.ts";
import { RUN_TERMINAL_PATH, TERMINAL_PATH } from "./terminal/terminal-routes.ts";

type Paths = Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, unknown>>>>>>;

const archiveParameters = [
  {
    name: "id",
    in: "path",
    required: true,
    description: "Id, name or conversation id of the sandbox.",
    schema: { $ref: "#/components/schemas/SandboxRef" },
  },
  {
    name: "path",
    in: "query",
    required: true,
    description: "Relative to the workspace, or absolute below /workspace.",
    schema: { type: "string" },
  },
];

const octets = { [OCTETS]: { schema: { type: "string", contentMediaType: OCTETS } } };

const contentRoute = {
  get: {
    operationId: "raw_read",
    tags: ["raw"],
    summary: "Read a file of a sandbox, of any size, or a part of it.",
    parameters: [
      ...archiveParameters,
      {
        name: "range",
        in: "header",
        description: "One range of bytes, such as `bytes=0-1023`, `bytes=1024-` or `bytes=-512`.",
        schema: { type: "string" },
      },
    ],
    responses: {
      "200": { description: "The whole file.", content: octets },
      "206": { description: "The part that `range` asked for.", content: octets },
      "416": { $ref: "#/components/responses/Error" },
      ...failedResponses(true),
    },
  },
  put: {
    operationId: "raw_write",
    tags: ["raw"],
    summary: "Write a file of a sandbox, of any size; it appears under its name when it is whole.",
    parameters: [
      ...archiveParameters,
      {
        name: "mode",
        in: "query",
        description: "Permission bits in octal; 0644 otherwise.",
        schema: { $ref: "#/components/schemas/FileMode" },
      },
    ],
    requestBody: { required: true, content: octets },
    responses: {
      "200": {
        description: "Written.",
        content: {
          "application/json": {
            schema: {
              type: "object",
              properties: { path: { type: "string" }, sizeBytes: { type: "integer" } },
              required: ["path", "sizeBytes"],
            },
          },
        },
      },
      ...failedResponses(true),
    },
  },
};

const tar = { [TAR]: { schema: { type: "string", contentMediaType: TAR } } };

const imageArchiveRoute = {
  get: {
    operationId: "raw_exportImage",
    tags: ["raw"],
    summary: "Read an image as an OCI archive, which `docker load` reads too.",
    parameters: [
      {
        name: "reference",
        in: "query",
        required: true,
        description: "Image reference, such as agent-env:report-1.",
        schema: { type: "string" },
      },
    ],
    responses: {
      "200": { description: "The archive. It is whole when the connection ends in order.", content: tar },
      ...failedResponses(true),
    },
  },
  put: {
    operationId: "raw_importImage",
    tags: ["raw"],
    summary: "Make an image of an archive: an OCI layout, or what `docker save` writes, of one image.",
    parameters: [
      {
        name: "tag",
        in: "query",
        description: "What the image is called: `agent-env:TAG`, or TAG alone; by the time otherwise.",
        schema: { type: "string" },
      },
    ],
    requestBody: { required: true, content: tar },
    responses: {
      "200": {
        description: "The image.",
        content: { "application/json": { schema: { $ref: "#/components/schemas/Image" } } },
      },
      ...failedResponses(true),
    },
  },
};

/** The terminals, which are WebSockets. */
export function terminalPaths(): Paths {
  const text =
    'Binary messages carry what is typed and printed. Text messages are JSON: the client sends {"type":"resize","columns":80,"rows":24}, {"type":"signal","signal":"INT"} or {"type":"close"}; the server sends the other events of a run, and closes after `result` (1000) or after {"type":"error","error":{…}} (1001 where the server stops, 1008, 1011). Pages, which cannot set headers, show their key as the subprotocol `moorage.bearer.KEY`.';
  const route = (operationId: string, { input, ...told }: Terminal) => ({
    get: {
      operationId,
      tags: ["terminal"],
      ...told,
      description: text,
      parameters: inputFields({ input }).map(({ name, schema, required }) => {
        const { description, ...type } = schema;
        const inPath = name === "id" || name === "runId";
        return { name, in: inPath ? "path" : "query", required, description, schema: type };
      }),
      responses: {
        "101": { description: "A WebSocket with the subprotocol `moorage.terminal.v1`." },
        "426": { $ref: "#/components/responses/Error" },
        ...failedResponses(true),
      },
    },
  });
  return {
    [TERMINAL_PATH]: route("terminal_open", {
      summary: "Open a terminal in a sandbox: a WebSocket; the program ends when it closes.",
      input: TerminalOpen,
    }),
    [RUN_TERMINAL_PATH]: route("terminal_attach", {
      summary: "Open the terminal of a run that goes on: a WebSocket; the run stays when it closes.",
      input: RunTerminalOpen,
    }),
  };
}

type Terminal = { readonly summary: string; readonly input: z.ZodType };

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
    [CONTENT_PATH]: contentRoute,
    [CONTEXTS_PATH]: {
      put: {
        operationId: "raw_stage",
        tags: ["raw"],
        summary: "Stage a tar archive, plain or with gzip, as what an image is to be built from.",
        parameters: [
          {
            name: "dockerfile",
            in: "query",
            description: "Path of the Dockerfile in the archive; `Dockerfile` otherwise, written where none is there.",
            schema: { type: "string" },
          },
        ],
        requestBody: { required: true, content: tar },
        responses: {
          "200": {
            description: "Staged.",
            content: { "application/json": { schema: { $ref: "#/components/schemas/StagedContext" } } },
          },
          ...failedResponses(true),
        },
      },
    },
    [IMAGE_ARCHIVE_PATH]: imageArchiveRoute,
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
        security: [],
        parameters: [],
        responses: json("It answers.", health),
      },
    },
    ...observatoryPaths(),
    "/docs": {
      get: {
        operationId: "server_docs",
        tags: ["server"],
        summary: "Read this document as a page.",
        security: [],
        parameters: [],
        responses: {
          "200": { description: "The page.", content: { "text/html": { schema: { type: "string" } } } },
          default: { $ref: "#/components/responses/Error" },
        },
      },
    },
    "/openapi.json": {
      get: {
        operationId: "server_openapi",
        tags: ["server"],
        summary: "Read this document.",
        security: [],
        parameters: [],
        responses: json("This document.", { type: "object" }),
      },
    },
  };
}

function observatoryPaths(): Paths {
  const code = {
    type: ["string", "null"],
    description: "The error's code by which it does not answer; null: it does.",
  };
  const ready = {
    type: "object",
    properties: { ok: { type: "boolean" }, store: code, engine: code },
    required: ["ok", "store", "engine"],
  };
  return {
    "/readyz": {
      get: {
        operationId: "server_ready",
        tags: ["server"],
        summary: "Tell whether the store and the engine answer.",
        security: [],
        parameters: [],
        responses: {
          "200": { description: "They answer.", content: { "application/json": { schema: ready } } },
          default: { $ref: "#/components/responses/Error" },
          "503": {
            description: "One of them does not.",
            content: { "application/json": { schema: ready } },
          },
        },
      },
    },
    "/metrics": {
      get: {
        operationId: "server_metrics",
        tags: ["server"],
        summary: "Read the server's figures in the text format of Prometheus; for administrators.",
        parameters: [],
        responses: {
          "200": { description: "The figures.", content: { "text/plain": { schema: { type: "string" } } } },
          ...failedResponses(false),
        },
      },
    },
  };
}
