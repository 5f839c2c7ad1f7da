import { MoorageError } from "../../../../base/errors.ts";
import { BASES } from "./bases.ts";
import { COPY_ALL, commandLines, PLACE, procfileCommand, USER, type Project, type Recipe } from "./project.ts";

const ENTRIES = ["server.js", "index.js", "app.js", "main.js"];
/** Scripts of a package that run while it is installed, and may need its sources. */
const INSTALL_SCRIPTS = ["preinstall", "install", "postinstall", "prepare"];
const LOCAL = /^(?:file|link|workspace|portal):/;

type Fields = Readonly<Record<string, unknown>>;

export const node: Recipe = {
  generatedFor: "node",
  write: async (project) => {
    if (!project.has("package.json")) return undefined;
    const manifest = parsed(await project.text("package.json"));
    const scripts = fieldsOf(manifest, "scripts");
    const builds = typeof scripts["build"] === "string";
    const { files, install, prune } = await installerOf(project, builds);
    const first = needsSources(manifest, scripts) ? COPY_ALL : `COPY ${files.join(" ")} ./`;
    return [
      `FROM ${BASES.node}`,
      "ENV HOME=/tmp COREPACK_ENABLE_DOWNLOAD_PROMPT=0",
      ...PLACE,
      first,
      `RUN ${install}`,
      ...(first === COPY_ALL ? [] : [COPY_ALL]),
      ...(builds ? [`RUN npm run build${prune}`] : []),
      "ENV NODE_ENV=production",
      `USER ${USER}`,
      ...commandLines(
        await commandOf(project, manifest, scripts),
        `Procfile, start script, "main" or ${ENTRIES.join(", ")}`,
      ),
    ];
  },
};

type Installer = {
  /** What it reads. */
  readonly files: readonly string[];
  readonly install: string;
  /** What follows a build, and removes what only that needed. */
  readonly prune: string;
};

/** What a build needs stays until it is done; without one it is never installed. */
async function installerOf(project: Project, builds: boolean): Promise<Installer> {
  const files = (lock: string): string[] => ["package.json", lock];
  if (project.has("pnpm-lock.yaml")) {
    const install = `corepack enable && pnpm install --frozen-lockfile${builds ? "" : " --prod"}`;
    return { files: files("pnpm-lock.yaml"), install, prune: " && pnpm prune --prod" };
  }
  if (project.has("yarn.lock")) {
    const classic = (await project.text("yarn.lock")).includes("yarn lockfile v1");
    const install = `corepack enable && yarn install ${classic ? "--frozen-lockfile" : "--immutable"}`;
    return { files: files("yarn.lock"), install, prune: "" };
  }
  const omit = builds ? "" : " --omit=dev";
  const quiet = "--no-audit --no-fund";
  const lock = ["npm-shrinkwrap.json", "package-lock.json"].find((name) => project.has(name));
  const prune = ` && npm prune --omit=dev ${quiet}`;
  if (lock === undefined) return { files: ["package.json"], install: `npm install${omit} ${quiet}`, prune };
  return { files: files(lock), install: `npm ci${omit} ${quiet}`, prune };
}

function needsSources(manifest: Fields, scripts: Fields): boolean {
  if (manifest["workspaces"] !== undefined || INSTALL_SCRIPTS.some((name) => scripts[name] !== undefined)) return true;
  const needs = ["dependencies", "devDependencies", "optionalDependencies"].map((name) => fieldsOf(manifest, name));
  return needs.some((all) => Object.values(all).some((version) => typeof version === "string" && LOCAL.test(version)));
}

async function commandOf(project: Project, manifest: Fields, scripts: Fields): Promise<readonly string[] | undefined> {
  const web = procfileCommand(await project.text("Procfile"));
  if (web !== undefined) return web;
  const { start } = scripts;
  // Where it is plainly Node that is started, it gets the signals itself.
  if (typeof start === "string") return /^node(?: [\w./=:-]+)+$/.test(start) ? start.split(" ") : ["npm", "start"];
  const { main } = manifest;
  if (typeof main === "string" && main !== "") return ["node", main];
  const entry = ENTRIES.find((name) => project.has(name));
  return entry === undefined ? undefined : ["node", entry];
}

function parsed(text: string): Fields {
  try {
    const value: unknown = JSON.parse(text.replace(/^\uFEFF/, ""));
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return { ...value };
  } catch (error) {
    throw noManifest(error);
  }
  throw noManifest();
}

function noManifest(cause?: unknown): MoorageError {
  return new MoorageError(
    "INVALID_INPUT",
    "The context's package.json is no JSON object, so no Dockerfile can be written for it.",
    {
      hint: "Correct it, or add a Dockerfile.",
      cause,
    },
  );
}

function fieldsOf(manifest: Fields, name: string): Fields {
  const value = manifest[name];
  return typeof value === "object" && value !== null ? { ...value } : {};
}
