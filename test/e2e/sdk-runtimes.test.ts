import { spawn } from "node:child_process";
import { chmod, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, it } from "vitest";
import { cloneInto } from "../fixtures/clone.ts";
import { finished, openHome, type Home } from "../fixtures/command-line.ts";
import { startServer, type RunningServer } from "../fixtures/running-server.ts";

const PATIENCE_MS = 240_000;
const ARCHITECTURE = process.arch === "arm64" ? { bun: "aarch64", deno: "arm64" } : { bun: "x64", deno: "x64" };
/** The packages that have the programs themselves, without install scripts. */
const BUN = `@oven/bun-linux-${ARCHITECTURE.bun}`;
const DENO = `@deno/linux-${ARCHITECTURE.deno}-glibc`;

const PROGRAM = `
import { createClient, openSandbox } from "moorage";
const [baseUrl, key] = globalThis.Deno?.args ?? process.argv.slice(2);
const moorage = createClient({ baseUrl, key });
await using sandbox = await openSandbox(moorage, { image: "busybox:latest" });
const { exitCode, stdout } = await sandbox.run({ command: ["sh", "-c", "echo ahoy; exit 7"] });
const gone = await moorage.sandbox.get({ id: "abcdefghij0123456789" }).catch((error) => error.code);
console.log(stdout.trim(), exitCode, gone, globalThis.Deno ? "deno" : globalThis.Bun ? "bun" : "node");
`;

let root: string;
let home: Home;
let server: RunningServer;

beforeAll(async () => {
  root = await mkdtemp(join(tmpdir(), "moorage-runtimes-"));
  const clone = join(root, "clone");
  await cloneInto(clone);
  await ran("npm", ["pack", "--pack-destination", root], clone);
  await writeFile(join(root, "package.json"), JSON.stringify({ name: "elsewhere", private: true, type: "module" }));
  const quiet = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  const [packed = ""] = (await ran("sh", ["-c", "ls moorage-*.tgz"], root)).split("\n");
  await ran("npm", ["install", ...quiet, join(root, packed), BUN, DENO], root);
  await writeFile(join(root, "program.mjs"), PROGRAM);
  home = await openHome();
  server = await startServer(home, { env: { MOORAGE_LISTEN: "127.0.0.1:0" } });
}, PATIENCE_MS);

afterAll(async () => {
  await server[Symbol.asyncDispose]();
  await home[Symbol.asyncDispose]();
  await rm(root, { recursive: true });
});

it.each([
  ["bun", join(BUN, "bin/bun"), ["run"]],
  ["deno", join(DENO, "deno"), ["run", "--no-prompt", "--allow-net", "--allow-read"]],
] as const)("a program on %s uses the packed client", async (name, program, words) => {
  const file = join(root, "node_modules", program);
  await chmod(file, 0o755);
  const [, url = ""] = /Listening on (http:\S+), with a key/.exec(server.told()) ?? [];
  const [, key = ""] = /shown this once: (moorage_\S+)/.exec(server.told()) ?? [];
  expect(await ran(file, [...words, "program.mjs", url, key], root)).toBe(`ahoy 7 NOT_FOUND ${name}\n`);
  expect(await server.sdk.sandbox.list({})).toMatchObject({ items: [] });
});

async function ran(program: string, args: readonly string[], cwd: string): Promise<string> {
  const env = { ...process.env, DENO_NO_UPDATE_CHECK: "1", NO_COLOR: "1" };
  const { code, stdout, stderr } = await finished(
    spawn(program, args, { cwd, env, stdio: "pipe" }),
    undefined,
    PATIENCE_MS,
  );
  if (code === 0) return stdout;
  throw new Error(`${program} ${args.join(" ")} ended with ${code}: ${stdout}${stderr}`);
}
