import { readFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { references } from "./reference/references.ts";
import { updateFiles } from "./reference/update-files.ts";
import { terminalSay } from "./setup/say.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));

/** Writes what the code says about itself; with `--check`, tells what is stale instead. */
async function generate(check: boolean): Promise<void> {
  const say = terminalSay();
  const stale = await updateFiles({ root, files: references(await packageVersion()), write: !check });
  if (stale.length === 0) return say.ok("openapi.json and docs/reference are up to date");
  if (!check) return say.ok(`wrote ${stale.join(", ")}`);
  say.fail(`stale: ${stale.join(", ")}`, "npm run generate writes them anew");
  process.exitCode = 1;
}

async function packageVersion(): Promise<string> {
  const content: unknown = JSON.parse(await readFile(join(root, "package.json"), "utf8"));
  const known = typeof content === "object" && content !== null && "version" in content;
  if (known && typeof content.version === "string") return content.version;
  throw new Error("package.json has no version.");
}

await generate(process.argv.includes("--check"));
