/**
 * The direction of the layers, as ARCHITECTURE.md draws them. Each rule has a planted violation in
 * test/architecture/layers.test.ts that proves that it bites.
 */

const TESTS = ["[.]test[.]ts$", "/testing/"];
const CONFORMANCE = "^src/engine/conformance([.]ts$|/)";

/** The layers from the bottom up, what each may import besides itself, and why no more. */
const LAYERS = {
  base: { may: [], why: "Base is what all may use, so it uses nothing of ours." },
  contracts: { may: ["base"], why: "Contracts are pure data: schemas and the operations table." },
  engine: { may: ["base"], why: "The engine port speaks its own types." },
  egress: { may: ["base"], why: "The proxy knows names, addresses and lists; not whose they are." },
  source: {
    may: ["base"],
    why: "What images are built from: directories, archives, repositories; not whose they are.",
  },
  registry: { may: ["base"], why: "Credentials of registries; not whose images they are for." },
  identity: { may: ["base"], why: "Who vouches for people: issuers, their keys, proxies; not what is theirs." },
  store: { may: ["contracts", "base"], why: "Rows keep what contracts define." },
  domain: {
    may: ["contracts", "engine", "egress", "identity", "registry", "source", "store", "base"],
    why: "Rules and lifecycles know ports, never the doors.",
  },
  gateway: { may: ["contracts", "base"], why: "The data path asks the contract who owns a sandbox." },
  api: { may: ["contracts", "base"], why: "HTTP projects the contract; it knows no domain and no other door." },
  mcp: { may: ["contracts", "base"], why: "MCP projects the contract; it knows no domain and no other door." },
  cli: { may: ["contracts", "base"], why: "Commands project the contract; they know no domain and no other door." },
  sdk: { may: ["contracts", "base"], why: "The SDK projects the contract; it knows no domain and no other door." },
  compat: { may: ["contracts", "base"], why: "Other systems' contracts stand on ours." },
};

const layerRules = Object.entries(LAYERS).map(([layer, { may, why }]) => ({
  name: `layer-${layer}`,
  comment: `${why} May import: ${may.join(", ") || "nothing"}.`,
  severity: "error",
  from: { path: `^src/${layer}/` },
  to: { path: "^src/", pathNot: [layer, ...may].map((name) => `^src/${name}/`) },
}));

/** What the checker calls a module of Node: its bare name. */
const NODE_MODULE = "^(node:)?[a-z_0-9]+(/promises)?$";

const ADAPTERS = "^src/engine/(docker|process|memory|swarm)/";

/** @type {import('dependency-cruiser').IConfiguration} */
export default {
  forbidden: [
    ...layerRules,
    {
      name: "known-layers",
      comment: "A new folder of src is a new layer: it gets its rule above before it imports anything.",
      severity: "error",
      from: { path: "^src/", pathNot: `^src/(main|${Object.keys(LAYERS).join("|")})/` },
      to: {},
    },
    {
      name: "domain-knows-no-adapter",
      comment: "The domain sees engine.ts and store.ts; which adapter is behind them is decided in main.",
      severity: "error",
      from: { path: "^src/domain/", pathNot: TESTS },
      to: { path: "^src/(engine|store)/[^/]+/" },
    },
    {
      name: "adapters-apart",
      comment: "An engine adapter knows the port, not its siblings.",
      severity: "error",
      from: { path: ADAPTERS },
      to: { path: ADAPTERS, pathNot: "^src/engine/$1/" },
    },
    {
      name: "no-cycles",
      comment: "What needs each other belongs in one file, or has a third idea between it.",
      severity: "error",
      from: { path: "^src/" },
      to: { circular: true },
    },
    {
      name: "tests-stay-out",
      comment: "What is shipped imports no tests and nothing that only tests, scripts or benches use.",
      severity: "error",
      from: { path: "^src/", pathNot: TESTS },
      to: { path: [...TESTS, "^(test|scripts|bench|examples)/"] },
    },
    {
      name: "no-dev-dependencies",
      comment: "What is shipped uses what is shipped with it. The conformance suite is written for vitest.",
      severity: "error",
      from: { path: "^src/", pathNot: [...TESTS, CONFORMANCE] },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "base-is-pure",
      comment: "Base does no input or output. Hashing and random bytes are neither.",
      severity: "error",
      from: { path: "^src/base/", pathNot: TESTS },
      to: { dependencyTypes: ["core"], pathNot: "^(node:)?crypto$" },
    },
    {
      name: "sdk-runs-anywhere",
      comment: "The SDK and the contracts run in browsers too: no module of Node, not even by way of base.",
      severity: "error",
      from: { path: "^src/(sdk|contracts)/", pathNot: TESTS },
      to: { path: NODE_MODULE, reachable: true },
    },
    {
      name: "processes-in-engines",
      comment:
        "Only engines start processes, what has Git fetch a repository, and what asks Docker's credential helpers.",
      severity: "error",
      from: {
        path: "^src/",
        pathNot: [
          "^src/engine/(docker|process|tree)/",
          "^src/source/git/",
          "^src/registry/credential-program[.]ts$",
          ...TESTS,
        ],
      },
      to: { path: "^(node:)?child_process$" },
    },
    {
      name: "sqlite-in-its-adapter",
      comment: "SQL has one home.",
      severity: "error",
      from: { path: "^src/", pathNot: ["^src/store/sqlite/", ...TESTS] },
      to: { path: "^(node:)?sqlite$" },
    },
  ],
  options: {
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    doNotFollow: { path: "node_modules" },
    enhancedResolveOptions: { exportsFields: ["exports"], conditionNames: ["import", "node", "default"] },
  },
};
