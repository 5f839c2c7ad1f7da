import { z } from "zod";
import { Configuration } from "../../src/main/configuration.ts";
import { VARIABLES } from "../../src/main/environment.ts";
import { code, page, table } from "./markdown.ts";

const ORDER = `Flags go over the environment, the environment over the file, the file over the defaults. The file is \`moorage.config.json\` in \`MOORAGE_HOME\` (or in \`CONFIG_DIR\`); [it is never read from the current directory](../decisions/0004-configuration-is-not-in-the-project.md). An unknown setting is an error.`;

const PLACES = `Read before the file: \`MOORAGE_HOME\`, where the state is kept (default \`~/.local/share/moorage\`); \`CONFIG_DIR\`, where the file is instead; \`DOCKER_IMAGE_NAME\` and \`DOCKER_IMAGE_TAG\`, the image of \`agent run\`; \`WORKSPACE_DIR\`, one more allowed root for workspaces; \`NO_COLOR\`.`;

type Schema = {
  readonly type?: string;
  readonly enum?: readonly string[];
  readonly description?: string;
  readonly default?: unknown;
  readonly properties?: Readonly<Record<string, Schema>>;
};

export function configReference(): string {
  const schema = z.toJSONSchema(Configuration, { io: "input" }) as Schema;
  const settings = rows(schema, "");
  const variables = VARIABLES.map(({ name, path, expected }) => [code(name), code(path.join(".")), expected]);
  return page("Settings", [
    ORDER,
    table(["setting", "type", "default", "meaning"], settings),
    "## Environment",
    PLACES,
    table(["variable", "sets", "expected"], variables),
  ]);
}

function rows({ properties = {} }: Schema, prefix: string): string[][] {
  return Object.entries(properties).flatMap(([name, schema]) => {
    const path = `${prefix}${name}`;
    if (schema.properties !== undefined) return rows(schema, `${path}.`);
    const standard = schema.default === undefined ? "" : code(JSON.stringify(schema.default));
    return [[code(path), schema.enum?.join(", ") ?? schema.type ?? "", standard, schema.description ?? ""]];
  });
}
