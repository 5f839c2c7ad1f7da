import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, it } from "vitest";
import { createApi, serveOnAddress } from "../../src/api/index.ts";
import { silentLogger } from "../../src/base/logger.ts";
import { createAdmit } from "../../src/domain/access/admit.ts";
import { firstKey } from "../../src/domain/access/first-key.ts";
import { LOCAL_USER } from "../../src/domain/access/principal.ts";
import { openMemoryDomain } from "../fixtures/memory-domain.ts";
import { schemathesis } from "../fixtures/schemathesis.ts";

const CHECKS = [
  ...["not_a_server_error", "status_code_conformance", "content_type_conformance", "response_schema_conformance"],
  ...["ignored_auth", "response_headers_conformance"],
];
const MOST_SECONDS = 40;

/** What goes on for as long as its reader wants. */
const LASTING = ["event_watch", "file_watch", "sandbox_stats", "run_attach", "run_wait"];

/** Of the bytes' own routes no request can be made up from a schema; each has its tests. */
// One worker: its parser of Python code fails in threads.
const ARGUMENTS = [
  ...["--phases", "coverage,fuzzing", "--max-examples", "2", "--workers", "1", "--exclude-tag", "raw"],
  ...["--checks", CHECKS.join(","), "--request-timeout", "10", "--max-time", String(MOST_SECONDS)],
  ...["--continue-on-failure", "--generation-database", "none"],
  ...LASTING.flatMap((operation) => ["--exclude-operation-id", operation]),
];

it("whatever is made up from openapi.json is answered as it says", { timeout: 400_000 }, async () => {
  await using domain = openMemoryDomain();
  const directory = await mkdtemp(join(tmpdir(), "moorage-fuzz-"));
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(directory, { recursive: true }));
  const key = (await firstKey(domain.context)) ?? "";
  const app = createApi({
    ...{ admit: createAdmit(domain.context), logger: silentLogger, version: "1.2.3" },
    names: { hosts: [], origins: [] },
  });
  const address = { host: "127.0.0.1", port: 0 };
  const { url } = stack.use(await serveOnAddress({ app, logger: silentLogger, address }));
  // The same each time, so that it fails for what was changed; others are tried by hand.
  const seed = process.env["MOORAGE_FUZZ_SEED"] ?? "1";
  const { code, output } = await schemathesis({ url, key, directory, args: [...ARGUMENTS, "--seed", seed] });
  expect(code, `seed ${seed}\n${output}`).toBe(0);
  // It has got in, and done something: who is refused each time finds nothing.
  const { items } = await domain.platformOf(LOCAL_USER).audit.list({});
  const done = new Set(
    items.flatMap((item) => (item.operation === "change" && item.outcome === "done" ? [item.change] : [])),
  );
  expect(done.size, output).toBeGreaterThan(3);
});
