/** A file that breaks exactly one rule, whatever else it imports. */
export interface PlantedViolation {
  readonly rule: string;
  readonly file: string;
  readonly source: string;
}

const THING = "export const thing = 1;\nexport type Thing = typeof thing;\n";

/** A file in every layer, for the violations to import. */
export const TARGETS: Readonly<Record<string, string>> = {
  ...Object.fromEntries(
    [
      "base/thing.ts",
      "contracts/thing.ts",
      "engine/engine.ts",
      "engine/docker/thing.ts",
      "engine/process/thing.ts",
      "egress/thing.ts",
      "source/thing.ts",
      "registry/thing.ts",
      "identity/thing.ts",
      "store/store.ts",
      "store/sqlite/thing.ts",
      "domain/thing.ts",
      "gateway/thing.ts",
      "api/thing.ts",
      "mcp/thing.ts",
      "cli/thing.ts",
      "sdk/thing.ts",
      "compat/thing.ts",
      "main/thing.ts",
      "domain/testing/thing.ts",
    ].map((path) => [`src/${path}`, THING]),
  ),
  "src/domain/cycle-two.ts": 'import type { Mine } from "./cycle-one.ts";\nexport type Thing = Mine;\n',
  "src/base/hashing.ts": 'import { createHash } from "node:crypto";\nexport const thing = createHash;\n',
  "scripts/thing.ts": THING,
};

/** Imports of types count like imports of values: an arrow is an arrow. */
const typeOf = (path: string) => `import type { Thing } from "${path}";\nexport type Mine = Thing;\n`;
const valueOf = (path: string) => `import { thing } from "${path}";\nexport const mine = thing;\n`;
const lazily = (path: string) => `export const mine = () => import("${path}");\n`;
const reexport = (path: string) => `export { thing } from "${path}";\n`;

export const VIOLATIONS: readonly PlantedViolation[] = [
  plant("layer-base", "base/upwards.ts", typeOf("../contracts/thing.ts")),
  plant("layer-contracts", "contracts/upwards.ts", typeOf("../engine/engine.ts")),
  plant("layer-engine", "engine/upwards.ts", typeOf("../contracts/thing.ts")),
  plant("layer-egress", "egress/upwards.ts", typeOf("../contracts/thing.ts")),
  plant("layer-source", "source/upwards.ts", typeOf("../contracts/thing.ts")),
  plant("layer-registry", "registry/upwards.ts", typeOf("../engine/engine.ts")),
  plant("layer-identity", "identity/upwards.ts", typeOf("../contracts/thing.ts")),
  plant("layer-store", "store/upwards.ts", typeOf("../engine/engine.ts")),
  plant("layer-domain", "domain/upwards.ts", valueOf("../api/thing.ts")),
  plant("layer-domain", "domain/to-main.ts", lazily("../main/thing.ts")),
  plant("layer-gateway", "gateway/sideways.ts", reexport("../domain/thing.ts")),
  plant("layer-api", "api/sideways.ts", typeOf("../mcp/thing.ts")),
  plant("layer-api", "api/to-domain.ts", valueOf("../domain/thing.ts")),
  plant("layer-mcp", "mcp/sideways.ts", typeOf("../cli/thing.ts")),
  plant("layer-cli", "cli/sideways.ts", reexport("../sdk/thing.ts")),
  plant("layer-cli", "cli/to-main.ts", lazily("../main/thing.ts")),
  plant("layer-sdk", "sdk/sideways.ts", typeOf("../engine/engine.ts")),
  plant("layer-compat", "compat/sideways.ts", valueOf("../api/thing.ts")),
  plant("known-layers", "helpers/thing.ts", valueOf("../base/thing.ts")),
  plant("known-layers", "loose.ts", valueOf("./base/thing.ts")),
  plant("domain-knows-no-adapter", "domain/to-engine.ts", typeOf("../engine/docker/thing.ts")),
  plant("domain-knows-no-adapter", "domain/to-store.ts", valueOf("../store/sqlite/thing.ts")),
  plant("adapters-apart", "engine/docker/sideways.ts", typeOf("../process/thing.ts")),
  plant("no-cycles", "domain/cycle-one.ts", typeOf("./cycle-two.ts")),
  plant("tests-stay-out", "domain/to-tests.ts", valueOf("./testing/thing.ts")),
  plant("tests-stay-out", "main/to-scripts.ts", valueOf("../../scripts/thing.ts")),
  plant("no-dev-dependencies", "main/to-vitest.ts", 'export { expect } from "vitest";\n'),
  plant(
    "no-dev-dependencies",
    "api/to-types.ts",
    'import type { Arbitrary } from "fast-check";\nexport type A = Arbitrary<1>;\n',
  ),
  plant("base-is-pure", "base/reads.ts", 'export { readFile } from "node:fs/promises";\n'),
  plant("sdk-runs-anywhere", "sdk/reads.ts", 'export { readFile } from "node:fs/promises";\n'),
  plant("sdk-runs-anywhere", "sdk/hashes-by-base.ts", valueOf("../base/hashing.ts")),
  plant("sdk-runs-anywhere", "contracts/hashes.ts", 'export { createHash } from "node:crypto";\n'),
  plant("processes-in-engines", "domain/starts.ts", 'export { spawn } from "node:child_process";\n'),
  plant("processes-in-engines", "registry/starts.ts", 'export { spawn } from "node:child_process";\n'),
  plant("processes-in-engines", "engine/memory/starts.ts", 'export { spawn } from "child_process";\n'),
  plant("sqlite-in-its-adapter", "domain/queries.ts", 'export { DatabaseSync } from "node:sqlite";\n'),
];

function plant(rule: string, path: string, source: string): PlantedViolation {
  return { rule, file: `src/${path}`, source };
}
