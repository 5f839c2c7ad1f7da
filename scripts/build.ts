import { chmod, rm, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { rolldown, type InputOptions, type OutputOptions } from "rolldown";

import { builtinModules } from "./build/builtin-modules.ts";
import { outlineAsData } from "./build/outline-as-data.ts";
import { thirdPartyNotices } from "./build/third-party-notices.ts";
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

const input: InputOptions = {
  cwd: root,
  platform: "node",
  tsconfig: join(root, "tsconfig.json"),
  transform: { target: "node24" },
  onLog(level, log) {
    if (level === "warn") throw new Error(`the bundler warns: ${log.message}`);
  },
};

const output: OutputOptions = { format: "esm", entryFileNames: "[name].js", sourcemap: false };

await rm(dist, { recursive: true, force: true });
await bundleCommand();
await bundleLibrary();
await runNode("node_modules/typescript-native/bin/tsc", "-p", join(root, "tsconfig.build.json"));
await checkPackage();
const version = await runNode("dist/cli.js", "--version");
// The help loads what the version does not: the table, and what reads the command line.
await runNode("dist/cli.js", "--help");
console.log(`built dist/: moorage ${version.trim()}`);

/** The command carries its dependencies, because looking for hundreds of files would be most of its start. */
async function bundleCommand(): Promise<void> {
  await using bundle = await rolldown({
    ...input,
    input: { cli: join(root, "src/main/cli.ts") },
    plugins: [outlineAsData, builtinModules],
    treeshake: { propertyReadSideEffects: false },
  });
  const { output: chunks } = await bundle.write({ ...output, dir: dist, chunkFileNames: "cli/[name]-[hash].js" });
  await chmod(join(dist, "cli.js"), 0o755);
  const moduleIds = chunks.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
  await writeFile(join(dist, "THIRD-PARTY-LICENSES.txt"), await thirdPartyNotices(moduleIds));
}

/** The library shares its dependencies with whoever imports it: two copies of zod would not know each other. */
async function bundleLibrary(): Promise<void> {
  await using bundle = await rolldown({ ...input, input: LIBRARY, external: /^[^./]/, plugins: [outlineAsData] });
  await bundle.write({ ...output, dir: dist, chunkFileNames: "shared/[name]-[hash].js" });
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
