import { chmod, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { rolldown, type InputOptions, type OutputOptions } from "rolldown";

import { builtinModules } from "./builtin-modules.ts";
import { outlineAsData } from "./outline-as-data.ts";
import { thirdPartyNotices } from "./third-party-notices.ts";

export const OUTPUT: OutputOptions = { format: "esm", entryFileNames: "[name].js", sourcemap: false };

export function inputOf(root: string): InputOptions {
  return {
    cwd: root,
    platform: "node",
    tsconfig: join(root, "tsconfig.json"),
    transform: { target: "node24" },
    onLog(level, log) {
      if (level === "warn") throw new Error(`the bundler warns: ${log.message}`);
    },
  };
}

/**
 * The command as `cli.js` in this directory. It carries its dependencies, because looking for hundreds of files would be
 * most of its start.
 */
export async function bundleCommand(root: string, directory: string): Promise<void> {
  await using bundle = await rolldown({
    ...inputOf(root),
    input: { cli: join(root, "src/main/cli.ts") },
    plugins: [outlineAsData, builtinModules],
    treeshake: { propertyReadSideEffects: false },
  });
  const { output: chunks } = await bundle.write({ ...OUTPUT, dir: directory, chunkFileNames: "cli/[name]-[hash].js" });
  await chmod(join(directory, "cli.js"), 0o755);
  const moduleIds = chunks.flatMap((chunk) => (chunk.type === "chunk" ? chunk.moduleIds : []));
  await writeFile(join(directory, "THIRD-PARTY-LICENSES.txt"), await thirdPartyNotices(moduleIds));
}
