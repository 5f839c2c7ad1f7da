import { OUTLINE } from "../../src/contracts/outline.ts";

const OUTLINE_MODULE = "/src/contracts/outline.ts";

/**
 * Writes the outline of the operations table into the bundle as the data that it is, so that a command starts without
 * making a schema.
 */
export const outlineAsData = {
  name: "outline-as-data",
  load: (id: string): string | undefined =>
    id.endsWith(OUTLINE_MODULE)
      ? `export const OUTLINE = JSON.parse(${JSON.stringify(JSON.stringify(OUTLINE))});`
      : undefined,
};
