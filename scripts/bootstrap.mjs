// The door of `npm start` and `npm test`: plain JavaScript without dependencies, for the Node that happens to be
// here and a clone that may have no node_modules yet. It installs what is missing and hands over to
// scripts/start.ts or scripts/test.ts on the project's own Node. Its syntax stays that of old versions, so that
// they come as far as saying that they are too old.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { constants } from "node:os";
import { dirname, join } from "node:path";
import process from "node:process";
import { fileURLToPath } from "node:url";

const OLDEST_NODE = 20;
const COMMANDS = ["start", "test"];
const INSTALL_MS = 600000;

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const projectNode = join(root, "node_modules/.bin/node");

main();

function main() {
  const major = Number(process.versions.node.split(".")[0]);
  if (major < OLDEST_NODE)
    fail(`Moorage needs Node ${OLDEST_NODE} or newer; this is Node ${process.versions.node}.`, 1);
  const [command, ...args] = process.argv.slice(2);
  if (!COMMANDS.includes(command)) fail(`usage: node scripts/bootstrap.mjs ${COMMANDS.join("|")} [ARG...]`, 2);
  const reason = whyInstall();
  if (reason !== undefined) install(reason);
  handOver(join(root, `scripts/${command}.ts`), args);
}

/** Undefined when what is installed is what package-lock.json asks for. */
function whyInstall() {
  const installed = packagesOf(join(root, "node_modules/.package-lock.json"));
  if (installed === undefined) return "node_modules is missing";
  const wanted = packagesOf(join(root, "package-lock.json"));
  if (wanted === undefined) fail("package-lock.json is missing", 1);
  for (const [path, entry] of Object.entries(wanted)) {
    const has = installed[path];
    if (path === "" || (has === undefined && (entry.optional || entry.devOptional))) continue;
    if (has === undefined || has.version !== entry.version) return `${path} is not at ${entry.version}`;
  }
  return projectNodeWorks() ? undefined : "the project's Node does not run";
}

function packagesOf(file) {
  return existsSync(file) ? JSON.parse(readFileSync(file, "utf8")).packages || {} : undefined;
}

function install(reason) {
  const started = Date.now();
  console.log(`... installing packages by npm ci (${reason})`);
  npm(["ci", "--include=dev", "--no-audit", "--no-fund", "--loglevel=error"]);
  if (!projectNodeWorks()) installProjectNode();
  console.log(`ok  packages installed in ${((Date.now() - started) / 1000).toFixed(1)} s`);
}

/** Where npm runs no install scripts, the package `node` has not fetched its program yet. */
function installProjectNode() {
  npm(["rebuild", "node", "--ignore-scripts=false"]);
  if (!projectNodeWorks()) fail(`${projectNode} does not run after npm ci and npm rebuild node`, 1);
}

/** Quiet unless it fails: then everything that npm said. */
function npm(args) {
  const script = process.env["npm_execpath"] || "";
  const program = script.endsWith("npm-cli.js") ? [process.execPath, script] : ["npm"];
  const [file, ...rest] = [...program, ...args];
  const options = { cwd: root, encoding: "utf8", timeout: INSTALL_MS, maxBuffer: 64 * 1024 * 1024 };
  const result = spawnSync(file, rest, { ...options, stdio: ["ignore", "pipe", "pipe"] });
  if (result.status === 0) return;
  process.stderr.write(`${result.stdout || ""}${result.stderr || ""}`);
  const end = result.status === null ? result.signal : result.status;
  fail(`npm ${args[0]} failed: ${result.error ? result.error.message : `it ended with ${end}`}`, 1);
}

function projectNodeWorks() {
  const { version } = packagesOf(join(root, "package-lock.json"))["node_modules/node"];
  const result = spawnSync(projectNode, ["--version"], { encoding: "utf8", timeout: 20000 });
  return result.status === 0 && result.stdout.trim() === `v${version}`;
}

/** The script takes over this terminal; its exit code is ours. */
function handOver(script, args) {
  const child = spawn(projectNode, [script, ...args], { cwd: root, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  if (process.env["npm_lifecycle_event"]) followParent(child);
  child.once("error", (error) => fail(`${projectNode} cannot be started: ${error.message}`, 1));
  child.once("exit", (code, signal) => process.exit(signal ? 128 + constants.signals[signal] : code));
}

/** Between npm and us is a shell that passes no signal on: when npm was ended, all that is seen is its end. */
function followParent(child) {
  const parent = process.ppid;
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    child.kill("SIGTERM");
  }, 500);
}

function fail(message, code) {
  console.error(`error: ${message}`);
  process.exit(code);
}
