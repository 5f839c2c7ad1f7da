import { z } from "zod";
import { Build, BuildEvent, BuildLog, BuildLogInput, ImageBuild } from "../build.ts";
import { ImageCheckInput, ImageChecked } from "../image-check.ts";
import {
  Image,
  ImageEnsureInput,
  ImageExistsInput,
  ImageHistory,
  ImageListInput,
  ImagePresence,
  ImagePruned,
  ImagePruneInput,
  ImageRef,
  ImageRemoved,
} from "../image.ts";
import { ImagePullEvent, ImagePullInput, ImagePushEvent, ImagePushInput } from "../image-transfer.ts";
import { Export, ExportLog, ExportLogInput, ImageExportEvent, ImageExportInput } from "../image-export.ts";
import { ImageSbom, ImageSbomInput } from "../image-archive.ts";
import { stream, unary } from "../operation.ts";
import { page, PageInput } from "../primitives.ts";
import { changing, destructive, readOnly } from "./bindings.ts";

const transferFlags = { timeoutMs: { flag: "timeout", parse: "duration" } } as const;

export const imageOperations = {
  exists: unary({
    summary: "Tell whether the engine has an image, without pulling it.",
    http: { method: "get", path: "/v1/image" },
    cli: { command: "image exists", positionals: ["reference"] },
    mcp: readOnly,
    input: ImageExistsInput,
    output: ImagePresence,
  }),
  build: stream({
    summary: "Build an image from a directory, a repository, or files, and tell each step.",
    http: { method: "post", path: "/v1/builds" },
    cli: {
      command: "image build",
      positionals: ["path"],
      flags: {
        path: { parse: "host-directory" },
        contextId: { flag: "context" },
        files: { offered: false },
        dockerfile: { flag: "file", short: "f" },
        patchSet: { parse: "host-directory" },
        tag: { short: "t" },
        buildArgs: { flag: "build-arg", parse: "key-value" },
        labels: { flag: "label", short: "l", parse: "key-value" },
        memoryBytes: { flag: "memory", parse: "bytes" },
        timeoutMs: { flag: "timeout", parse: "duration" },
      },
      leaving: "A build that had begun was ended and is recorded as canceled: `moorage image builds`.",
    },
    mcp: changing,
    record: "own",
    input: ImageBuild,
    output: BuildEvent,
  }),
  builds: unary({
    summary: "List your builds, newest first.",
    http: { method: "get", path: "/v1/builds" },
    cli: { command: "image builds" },
    mcp: readOnly,
    input: z.strictObject(PageInput),
    output: page(Build),
  }),
  logs: unary({
    summary: "Read what a build has printed, while it goes on and afterwards.",
    http: { method: "get", path: "/v1/builds/{ref}/log" },
    cli: { command: "image logs", positionals: ["ref"] },
    mcp: readOnly,
    input: BuildLogInput,
    output: BuildLog,
  }),
  list: unary({
    summary: "List your images.",
    http: { method: "get", path: "/v1/images" },
    cli: { command: "image ls" },
    mcp: readOnly,
    input: ImageListInput,
    output: page(Image),
  }),
  history: unary({
    summary: "Show the steps that an image was made by.",
    http: { method: "get", path: "/v1/image/history" },
    cli: { command: "image history", positionals: ["reference"] },
    mcp: readOnly,
    input: z.strictObject({ reference: ImageRef }),
    output: ImageHistory,
  }),
  remove: unary({
    summary: "Remove an image of yours.",
    http: { method: "delete", path: "/v1/image" },
    cli: { command: "image rm", positionals: ["reference"] },
    mcp: destructive,
    input: z.strictObject({ reference: ImageRef }),
    output: ImageRemoved,
  }),
  prune: unary({
    summary: "Remove what your builds left as cache, and images of yours that nothing uses.",
    http: { method: "post", path: "/v1/images/prune" },
    cli: { command: "image prune", flags: { unusedMs: { flag: "unused", parse: "duration" } } },
    mcp: destructive,
    input: ImagePruneInput,
    output: ImagePruned,
  }),
  ensure: unary({
    summary: "Pull an image that is missing, or make the image of agents.",
    http: { method: "post", path: "/v1/images/ensure" },
    cli: { command: "image ensure", positionals: ["reference"], flags: { workspace: { parse: "host-directory" } } },
    input: ImageEnsureInput,
    output: ImagePresence,
  }),
  pull: stream({
    summary: "Get what a registry has now under a reference.",
    http: { method: "post", path: "/v1/images/pull" },
    cli: {
      command: "image pull",
      positionals: ["reference"],
      flags: transferFlags,
      leaving: "What it had begun to get was given up; an image that was here is as it was.",
    },
    mcp: changing,
    input: ImagePullInput,
    output: ImagePullEvent,
  }),
  export: stream({
    summary: "Push images and sandboxes to a registry, each as a service, or write one to a file.",
    http: { method: "post", path: "/v1/exports" },
    cli: {
      command: "image export",
      flags: {
        images: { flag: "image", parse: "key-value" },
        sandboxes: { flag: "sandbox", parse: "key-value" },
        ...transferFlags,
      },
      leaving: "What it had begun to push was given up, and is recorded as canceled.",
    },
    mcp: changing,
    record: "own",
    input: ImageExportInput,
    output: ImageExportEvent,
  }),
  exports: unary({
    summary: "List your exports, newest first.",
    http: { method: "get", path: "/v1/exports" },
    cli: { command: "image exports" },
    mcp: readOnly,
    input: z.strictObject(PageInput),
    output: page(Export),
  }),
  exportLog: unary({
    summary: "Read what happened in an export, while it goes on and afterwards.",
    http: { method: "get", path: "/v1/exports/{exportId}/log" },
    cli: { command: "image export-log", positionals: ["exportId"] },
    mcp: readOnly,
    input: ExportLogInput,
    output: ExportLog,
  }),
  sbom: unary({
    summary: "List the packages that an image is made of, as CycloneDX.",
    http: { method: "get", path: "/v1/image/sbom" },
    cli: { command: "image sbom", positionals: ["reference"] },
    mcp: readOnly,
    input: ImageSbomInput,
    output: ImageSbom,
  }),
  check: unary({
    summary: "Judge a Dockerfile by the administrator's policy, without building it.",
    http: { method: "post", path: "/v1/images/check" },
    cli: {
      command: "image check",
      positionals: ["dockerfile"],
      flags: { dockerfile: { parse: "dockerfile" }, buildArgs: { flag: "build-arg", parse: "key-value" } },
    },
    mcp: readOnly,
    input: ImageCheckInput,
    output: ImageChecked,
  }),
  push: stream({
    summary: "Send an image that Moorage made for you to a registry, which confirms what it has.",
    http: { method: "post", path: "/v1/images/push" },
    cli: {
      command: "image push",
      positionals: ["reference", "to"],
      flags: transferFlags,
      leaving: "The push was given up; what the registry has already taken of it, it clears up by itself.",
    },
    mcp: changing,
    input: ImagePushInput,
    output: ImagePushEvent,
  }),
} as const;
