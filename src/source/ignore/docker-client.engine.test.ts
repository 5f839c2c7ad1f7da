import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { extract } from "tar-stream";
import { expect, it } from "vitest";
import { seededRandom } from "../../../test/e2e/kill/generator.ts";
import { isMoorageError } from "../../base/errors.ts";
import { collect } from "../collect.ts";
import { openDirectorySource } from "../directory-source.ts";
import { parseIgnoreFile } from "./ignore-file.ts";
import { ignoreRules } from "./ignore-rules.ts";

const CASES = Number(process.env["MOORAGE_IGNORE_CASES"] ?? 60);
const NAMES = ["a", "b", "ab", "abc", "a.b", "b.txt", "x*y", "☺", "a+b"];
const DIRECTORIES = ["", "d/", "d/e/", "d/e/f/", "ad/", "ad/e/", "z/", "z/d/", "z/d/e/"];
const PIECES = [
  "a",
  "b",
  "ab",
  "*",
  "**",
  "?",
  "[ab]",
  "[^a]",
  "[a-c]",
  "d",
  "e",
  "f",
  ".",
  "txt",
  "\\*",
  "+",
  "z",
  "☺",
];
/** Of the classic builder, whose client it is that leaves out. */
const ALWAYS = ["Dockerfile", ".dockerignore"];

it("Docker's own client leaves out what we do", { timeout: 120_000 + CASES * 2000 }, async () => {
  const seed = Number(process.env["MOORAGE_IGNORE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
  const random = seededRandom(seed);
  const directory = await mkdtemp(join(tmpdir(), "moorage-ignore-"));
  const context = join(directory, "context");
  for (const above of DIRECTORIES) {
    await mkdir(join(context, above), { recursive: true });
    for (const name of NAMES) await writeFile(join(context, above, name), "");
  }
  await using client = await openClient(directory);
  for (let index = 0; index < CASES; index += 1) {
    const lines = linesOf(random);
    const text = lines.join("\n");
    await writeFile(join(context, ".dockerignore"), text);
    await writeFile(join(context, "Dockerfile"), "FROM scratch\n");
    const [theirs, ours] = [await client.sent(context), await kept(context, text)];
    const message = `${JSON.stringify(lines)}, seed ${seed}`;
    // Below a directory that is left out this client does not look for those; BuildKit's does.
    const looked = keepsByWildcard(lines) ? ours?.filter((path) => theirs?.includes(path)) : ours;
    expect(looked, message).toEqual(theirs);
  }
  await rm(directory, { recursive: true });
});

function linesOf(random: () => number): readonly string[] {
  const some = <T>(most: number, make: () => T): T[] =>
    Array.from({ length: 1 + Math.floor(random() * most) }, () => make());
  const piece = (): string => PIECES[Math.floor(random() * PIECES.length)] ?? "a";
  const path = (): string => some(3, () => some(2, piece).join("")).join("/");
  const around = (text: string): string => `${random() < 0.1 ? "/" : ""}${text}${random() < 0.1 ? "/ " : ""}`;
  return some(4, () => `${random() < 0.3 ? "!" : ""}${around(path())}`);
}

function keepsByWildcard(lines: readonly string[]): boolean {
  return lines.some((line) => /^!.*[*?[]/.test(line));
}

/** The files that we keep; undefined where the lines are none. */
async function kept(context: string, text: string): Promise<readonly string[] | undefined> {
  await using source = await openDirectorySource(context);
  const limits = { maxFiles: 1000, maxBytes: 1000, maxFileBytes: 1000 };
  try {
    const rules = ignoreRules(parseIgnoreFile(".dockerignore", text));
    const { entries } = await collect(source, { rules, limits });
    return filesOf(entries.flatMap(({ path, type }) => (type === "file" ? [path] : [])));
  } catch (error) {
    if (!isMoorageError(error) || error.code !== "INVALID_INPUT") throw error;
    return undefined;
  }
}

function filesOf(paths: readonly string[]): readonly string[] {
  return paths.filter((path) => !ALWAYS.includes(path)).toSorted();
}

/** The real client, and a listener in the engine's place that looks at what it sends. */
async function openClient(directory: string) {
  let sent: string[] | undefined;
  const server = createServer((request, response) => {
    if (request.url?.includes("/build?") !== true) {
      response.writeHead(200, { "api-version": "1.41", "builder-version": "1" }).end("OK");
      return;
    }
    const names: string[] = [];
    const archive = extract();
    archive.on("entry", ({ name, type }, content, next) => {
      if (type === "file") names.push(name);
      content.on("end", next).resume();
    });
    archive.on("finish", () => {
      sent = names;
      response.writeHead(200, { "content-type": "application/json" }).end('{"stream":"done"}\n');
    });
    request.pipe(archive);
  });
  const socket = join(directory, "engine.sock");
  server.listen(socket);
  await once(server, "listening");
  const env = { ...process.env, HOME: directory, DOCKER_BUILDKIT: "0", DOCKER_HOST: `unix://${socket}` };
  return {
    /** The files that it sends; undefined where it refuses the lines. */
    sent: async (context: string): Promise<readonly string[] | undefined> => {
      sent = undefined;
      const child = spawn("docker", ["build", "-q", "."], { cwd: context, env, stdio: "ignore" });
      await once(child, "close");
      return sent === undefined ? undefined : filesOf(sent);
    },
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}
