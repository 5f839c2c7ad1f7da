import { rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { rolldown } from "rolldown";

import { bundleCommand, inputOf, OUTPUT } from "./build/bundle-command.ts";
import { outlineAsData } from "./build/outline-as-data.ts";
import { runOrThrow } from "./setup/run-program.ts";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const dist = join(root, "dist");
const STEP_MS = 120_000;

/** The entries that package.json exports; their types are emitted by tsconfig.build.json. */
const LIBRARY = {
  sdk: "src/sdk/index.ts",
  contracts: "src/contracts/index.ts",
  server: "src/main/server.ts",
  mcp: "src/mcp/index.ts",
  testing: "src/engine/conformance.ts",
};

await rm(dist, { recursive: true, force: true });
await bundleCommand(root, dist);
await bundleLibrary();
await runNode("node_modules/typescript-native/bin/tsc", "-p", join(root, "tsconfig.build.json"));
await checkPackage();
const version = await runNode("dist/cli.js", "--version");
// The help loads what the version does not: the table, and what reads the command line.
await runNode("dist/cli.js", "--help");
console.log(`built dist/: moorage ${version.trim()}`);

/** The library shares its dependencies with whoever imports it: two copies of zod would not know each other. */
async function bundleLibrary(): Promise<void> {
  await using bundle = await rolldown({
    ...inputOf(root),
    input: LIBRARY,
    external: /^[^./]/,
    plugins: [outlineAsData],
  });
  await bundle.write({ ...OUTPUT, dir: dist, chunkFileNames: "shared/[name]-[hash].js" });
}

/** What would be published is what package.json says: exports that exist, types that are found, valid fields. */
async function checkPackage(): Promise<void> {
  const { messages, pkg } = await publint({ pkgDir: root, pack: "npm", strict: true });
  if (messages.length === 0) return;
  const findings = messages.map((message) => `- ${formatMessage(message, pkg, { color: false })}`);
  throw new Error(`the package is not ready to be published:\n${findings.join("\n")}`);
}

function runNode(...args: [string, ...string[]]): Promise<string> {
  const [script, ...rest] = args;
  return runOrThrow([process.execPath, join(root, script), ...rest], { deadlineMs: STEP_MS });
}
