import { ImageEnsureInput, ImageExistsInput, ImagePresence } from "../image.ts";
import { unary } from "../operation.ts";
import { readOnly } from "./bindings.ts";

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
} as const;
