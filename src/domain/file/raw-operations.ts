import type { RawOperations } from "../../contracts/raw.ts";
import type { FilesOf } from "./files.ts";
import { sandboxPath } from "./sandbox-path.ts";

/** What carries bytes. */
export function rawOperations(filesOf: FilesOf): RawOperations {
  return {
    download: async function* ({ id, path }, options) {
      const { context, sandbox, signal } = await filesOf(id, options);
      yield* context.engine.files.download(sandbox.id, sandboxPath(path), signal);
    },
    upload: async ({ id, path }, tar, options) => {
      const { context, sandbox, signal } = await filesOf(id, options);
      await context.engine.files.upload(sandbox.id, { path: sandboxPath(path), tar }, signal);
    },
  };
}
