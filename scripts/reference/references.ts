import { createOpenApi } from "../../src/api/openapi.ts";
import { cliReference } from "./cli.ts";
import { configReference } from "./config.ts";
import { errorsReference } from "./errors.ts";
import { httpReference } from "./http.ts";
import { mcpReference } from "./mcp.ts";

/** Everything that is written from the code, by its path in the repository. */
export function references(version: string): ReadonlyMap<string, string> {
  return new Map([
    ["openapi.json", `${JSON.stringify(createOpenApi(version), undefined, 2)}\n`],
    ["docs/reference/http.md", httpReference()],
    ["docs/reference/cli.md", cliReference()],
    ["docs/reference/mcp.md", mcpReference()],
    ["docs/reference/errors.md", errorsReference()],
    ["docs/reference/config.md", configReference()],
  ]);
}
