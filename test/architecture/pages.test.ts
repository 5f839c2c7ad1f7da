import { existsSync } from "node:fs";
import { glob, readFile } from "node:fs/promises";
import { dirname, join, normalize } from "node:path";
import { describe, expect, it } from "vitest";
import { listCommands } from "../../src/cli/commands/list-commands.ts";
import { createStyle } from "../../src/cli/output/style.ts";
import { parseArgv } from "../../src/cli/parse-argv.ts";
import { REPOSITORY } from "./cruise.ts";

const COMMANDS = listCommands();
const GROUPS = new Set(COMMANDS.map(({ words }) => words[0]));
const SHELLS: ReadonlySet<string> = new Set(["", "sh", "console"]);
/** What a reader of the recipe in CONTRIBUTING.md has made by then. */
const OF_THE_RECIPE = "moorage sandbox count";
const pages = await readPages();

describe.each(pages)("$path", ({ path, text }) => {
  it("links to what is there", () => {
    expect(linksOf(text).filter((link) => !leadsSomewhere(path, link))).toEqual([]);
  });

  it("shows commands that can be typed", () => {
    expect(commandsOf(text).filter((line) => !canBeTyped(line))).toEqual([]);
  });
});

it("every decision is linked from the page that it is about", () => {
  const linked = pages
    .filter(({ path }) => !path.startsWith("docs/decisions/"))
    .flatMap(({ path, text }) => linksOf(text).map((link) => normalize(join(dirname(path), link.split("#")[0] ?? ""))));
  const decisions = pages.map(({ path }) => path).filter((path) => path.startsWith("docs/decisions/"));
  expect(decisions.filter((path) => !linked.includes(path))).toEqual([]);
});

it("tells bad from good", () => {
  expect(leadsSomewhere("README.md", "docs/nowhere.md")).toBe(false);
  expect(leadsSomewhere("README.md", "docs/engines.md#no-such-heading")).toBe(false);
  expect(commandsOf("```json\n{}\n```\n```sh\n$ bin/moorage sandbox lst\n```\nSee `moorage sanbox ls`.")).toEqual([
    "moorage sandbox lst",
    "moorage sanbox ls",
  ]);
  expect(["moorage sandbox lst", "moorage run --imag x -- true", "moorage sandbox rm"].filter(canBeTyped)).toEqual([]);
});

async function readPages(): Promise<readonly { readonly path: string; readonly text: string }[]> {
  const paths = await Array.fromAsync(glob("{*.md,docs/**/*.md,examples/**/*.md}", { cwd: REPOSITORY }));
  return Promise.all(
    paths.toSorted().map(async (path) => ({ path, text: await readFile(join(REPOSITORY, path), "utf8") })),
  );
}

function linksOf(text: string): readonly string[] {
  const links = [...text.matchAll(/\]\(([^)\s]+)\)/g)].map(([, link = ""]) => link);
  return links.filter((link) => !/^https?:/.test(link));
}

function leadsSomewhere(page: string, link: string): boolean {
  const [file = "", anchor] = link.split("#");
  const target = file === "" ? page : join(dirname(page), file);
  if (!existsSync(join(REPOSITORY, target))) return false;
  const text = pages.find(({ path }) => path === normalize(target))?.text;
  return anchor === undefined || (text !== undefined && anchorsOf(text).includes(anchor));
}

/** As GitHub makes them of headings. */
function anchorsOf(text: string): readonly string[] {
  return [...text.matchAll(/^#+ (.*)$/gm)].map(([, heading = ""]) =>
    heading
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, "")
      .replaceAll(" ", "-"),
  );
}

/** Whole lines of blocks, and of texts those that begin a command. */
function commandsOf(text: string): readonly string[] {
  // Blocks of other languages too, or the end of one would be taken for the beginning of the next.
  const blocks = [...text.matchAll(/^ *```(\w*)\n(.*?)^ *```/gms)].filter(([, language = ""]) => SHELLS.has(language));
  const lines = blocks
    .flatMap(([, , block = ""]) => block.split("\n"))
    .flatMap((line) => {
      const [, command] = /^(?:\$ )?(?:[^#'"]*\| )?(?:bin\/)?(moorage .*)$/.exec(line) ?? [];
      return command === undefined || /[[\]<>]/.test(command) ? [] : [command.replace(/ +#.*$| \|.*$/, "")];
    });
  const mentioned = [...text.matchAll(/`(?:bin\/)?(moorage [a-z-]+(?: [a-z]+)?)/g)].map(([, command = ""]) => command);
  const all = [...lines, ...mentioned.filter((command) => !isCommand(command))];
  return all.filter((line) => line !== OF_THE_RECIPE);
}

function isCommand(line: string): boolean {
  const [, first = "", second] = line.split(" ");
  if (first.startsWith("-") || first === "is") return true;
  const single = COMMANDS.some(({ words }) => words.length === 1 && words[0] === first);
  return single || (GROUPS.has(first) && (second === undefined || COMMANDS.some(({ words }) => words[1] === second)));
}

function canBeTyped(line: string): boolean {
  const words = [...line.matchAll(/'([^']*)'|"([^"]*)"|(\S+)/g)].map(
    ([all, single, double]) => single ?? double ?? all,
  );
  const parsed = parseArgv(words.slice(1), COMMANDS, { style: createStyle(false), width: 80 });
  return parsed.kind === "command" || (parsed.kind === "help" && parsed.complete);
}
