import { ImageCheckInput, ImageChecked } from "../image-check.ts";
import { ImageEnsureInput, ImageExistsInput, ImagePresence } from "../image.ts";
import { ImagePullEvent, ImagePullInput, ImagePushEvent, ImagePushInput } from "../image-transfer.ts";
import { stream, unary } from "../operation.ts";
import { changing, readOnly } from "./bindings.ts";

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
