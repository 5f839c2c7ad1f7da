import { mkdtemp, rm } from "node:fs/promises";
import { createServer, type RequestListener } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";

import type { EngineAddress } from "./engine-http.ts";

/** A socket that answers as the test says, for what a real engine does only when something else is broken. */
export async function answeringEngine(
  listener: RequestListener,
): Promise<{ address: EngineAddress } & AsyncDisposable> {
  const directory = await mkdtemp(join(tmpdir(), "moorage-http-"));
  const path = join(directory, "engine.sock");
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    address: { kind: "unix", path },
    async [Symbol.asyncDispose]() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      await rm(directory, { recursive: true, force: true });
    },
  };
}
