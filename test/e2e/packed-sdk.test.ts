import type { Receipt } from "../../src/contracts/types.ts";
import { spawn } from "node:child_process";
import { cp, mkdtemp, mkdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { expect, test } from "vitest";
import { finished, openHome } from "../fixtures/command-line.ts";
import { startServer } from "../fixtures/running-server.ts";

const REPOSITORY = resolve(import.meta.dirname, "../..");
const PACK_MS = 240_000;
const EXAMPLES = ["sdk-run.ts", "sdk-tour.ts"];

/** What a program of somebody else has: strict, with the types of Node, and checked against what is shipped. */
const TSCONFIG = {
  compilerOptions: {
    ...{ target: "es2024", lib: ["esnext"], module: "nodenext", strict: true, skipLibCheck: true, outDir: "out" },
    ...{ types: ["node"], typeRoots: [join(REPOSITORY, "node_modules/@types")] },
  },
  include: ["*.ts"],
};

/** Would compile where the types had become `any`. */
const TYPED = `import { createClient } from "moorage";
export const moorage = createClient({ baseUrl: "http://127.0.0.1:1" });
// @ts-expect-error An id is missing.
export const call = (): unknown => moorage.sandbox.get({});
`;

test(
  "a project elsewhere uses the packed client, and its owner's receipts tell so",
  { timeout: PACK_MS * 2 },
  async () => {
    await using project = await openProject();
    expect(await project.run("node_modules/typescript/bin/tsc", "-p", project.path)).toMatchObject({
      code: 0,
      stdout: "",
    });

    await using home = await openHome();
    await using server = await startServer(home, { env: { MOORAGE_LISTEN: "127.0.0.1:0" } });
    const [, url = ""] = /Listening on (http:\S+), with a key/.exec(server.told()) ?? [];
    expect(await home.moorage(["user", "create", "alice"])).toMatchObject({ code: 0 });
    const key = (await home.moorage(["key", "create", "--user", "alice", "--name", "laptop"])).stdout.trim();
    const env = { MOORAGE_URL: url, MOORAGE_KEY: key };

    const first = await project.example("sdk-run.js", env);
    expect(first).toMatchObject({ code: 0, stdout: "42\nexit code 0\n", stderr: "" });
    const tour = await project.example("sdk-tour.js", env);
    expect(tour).toMatchObject({ code: 0, stderr: "" });
    const id = key.split("_")[1] ?? "";
    expect(tour.stdout.split("\n")).toEqual([
      ...["one", "two", expect.stringMatching(/^succeeded \d+$/) as string, "print('ahoy')", ""],
      ...["It is gone, or it was never ours.", "It took too long for us.", "alice.builder"],
      ...Array.from({ length: 3 }, () => `sandbox.exec alice ${id}`),
      "",
    ]);

    const audit = JSON.parse((await home.moorage(["audit", "ls", "--json"])).stdout) as { items: Receipt[] };
    const [begun, added, given, ...done] = audit.items.toReversed();
    expect(begun).toMatchObject({ owner: "local", change: "key.create" });
    expect(added).toMatchObject({ owner: "local", change: "user.create", subject: { name: "alice" } });
    expect(given).toMatchObject({ owner: "local", change: "key.create", subject: { id, owner: "alice" } });
    expect(new Set(done.map(({ owner, key: used }) => `${owner} ${used}`))).toEqual(new Set([`alice ${id}`]));
    expect(done.map((entry) => (entry.operation === "change" ? entry.change : entry.operation))).toContain(
      "sandbox.create",
    );
    expect(JSON.stringify(audit)).not.toContain(key);
    expect(await server.sdk.receipt.verify({})).toMatchObject({ ok: true });
  },
);

/** A project of its own, with the packed tarball installed and the examples as somebody would have copied them. */
async function openProject() {
  const path = await mkdtemp(join(tmpdir(), "moorage-project-"));
  const npm = async (cwd: string, ...args: readonly string[]): Promise<string> => {
    const { code, stdout, stderr } = await finished(spawn("npm", args, { cwd, stdio: "pipe" }), undefined, PACK_MS);
    if (code !== 0) throw new Error(`npm ${args.join(" ")}: ${stdout}${stderr}`);
    return stdout;
  };
  await mkdir(join(path, "packed"));
  await npm(REPOSITORY, "pack", "--pack-destination", join(path, "packed"));
  const { version } = JSON.parse(await readFile(join(REPOSITORY, "package.json"), "utf8")) as { version: string };
  await writeFile(join(path, "package.json"), JSON.stringify({ name: "elsewhere", private: true, type: "module" }));
  const quiet = ["--prefer-offline", "--ignore-scripts", "--no-audit", "--no-fund"];
  await npm(path, "install", ...quiet, join(path, "packed", `moorage-${version}.tgz`));
  await writeFile(join(path, "tsconfig.json"), JSON.stringify(TSCONFIG));
  await writeFile(join(path, "typed.ts"), TYPED);
  for (const name of EXAMPLES) {
    await cp(join(REPOSITORY, "examples", name), join(path, name));
    const text = await readFile(join(path, name), "utf8");
    await writeFile(join(path, name), text.replace('"../src/sdk/index.ts"', '"moorage"'));
  }
  const start = (script: string, args: readonly string[], env: Readonly<Record<string, string>>) =>
    finished(spawn(process.execPath, [script, ...args], { cwd: path, env, stdio: "pipe" }));
  return {
    path,
    run: (script: string, ...args: readonly string[]) => start(join(REPOSITORY, script), args, {}),
    example: (name: string, env: Readonly<Record<string, string>>) => start(join("out", name), [], env),
    [Symbol.asyncDispose]: () => rm(path, { recursive: true }),
  };
}
