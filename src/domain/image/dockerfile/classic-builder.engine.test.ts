import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { newId } from "../../../base/ids.ts";
import { ClassicBuilder } from "../../../../test/fixtures/classic-builder.ts";
import { judge } from "../policy/judge.ts";
import { parseDockerfile } from "./parse-dockerfile.ts";

const builder = new ClassicBuilder();
afterAll(() => builder[Symbol.asyncDispose]());

// Its own, so that no layer is shared with another build.
const FROM = `FROM scratch\nLABEL own=${newId()}\n`;
const OFF = { policy: { mode: "off", allowedRegistries: [], allowAddUrl: false }, buildArgs: {} } as const;

/** Refused whatever the administrator says. */
const isRefused = (text: string): boolean => !judge(parseDockerfile(text), OFF).ok;

describe("the instructions are those that the classic builder runs", () => {
  it.each([
    ["continuations with comments between", `${FROM}LABEL a=1 \\\n# one\n   # two \\\n\t b=2\nLABEL c=3\n`],
    ["empty lines in continuations", `${FROM}LABEL a=1 \\\n\n  \n b=2\nLABEL c=3\n`],
    ["blanks behind the continuation", `${FROM}LABEL a=1 \\ \t \n b=2\n`],
    ["a continuation within a word", `${FROM}LAB\\\nEL a=1\n`],
    ["a continuation before the first word", `${FROM}\\\n\\\nLABEL a=1\n`],
    ["a continuation at the end", `${FROM}LABEL a=1 \\`],
    ["a continuation into a last comment", `${FROM}LABEL a=1 \\\n# c`],
    ["a backtick as escape", `# escape=\`\n${FROM}LABEL a=1 \`\n b=2 c=\\\nLABEL d=1\n`],
    ["an escape directive in odd letters", `  #  EsCaPe  =  \` \n${FROM}LABEL a=1 \`\n b=2\n`],
    ["the usual escape, declared", `# escape=\\\n${FROM}LABEL a=1 \\\n b=2\n`],
    ["a comment that is no directive any more", `# hello\n# check=skip=all\n${FROM}LABEL a=1 \\\n b=2\n`],
    ["CRLF", `${FROM}LABEL a=1 \\\n b=2\nLABEL c=1\n`.replaceAll("\n", "\r\n")],
    ["carriage returns within a line", `${FROM}LABEL a=1\rb=2\n`],
    ["lower case", `${FROM}label a=1\nLaBeL b=1\n`],
    ["tabs, vertical tabs and form feeds", `${FROM}\t\v LABEL\t\v a=1\f\nLABEL\fb=1\v\n`],
    ["blanks beyond ASCII", `${FROM}\u00a0\u0085\u3000LABEL a=1\u0085\n`],
    ["a byte order mark", `\ufeff${FROM}LABEL a=1\n`],
    ["a byte order mark before the directive", `\ufeff# escape=\`\n${FROM}LABEL a=1 \`\n b=2\n`],
    ["NUL", `${FROM}LABEL a=\0 b=1\n`],
    ["JSON and what only looks like it", `${FROM}CMD ["a", "b"]\nENTRYPOINT ["a"] b\nVOLUME [ "/a" ]\nSHELL ["x"]\n`],
    ["ONBUILD", `${FROM}ONBUILD   run  x\nonbuild LABEL a=1 \\\n b=2\n`],
    ["ARG before FROM, several in one", `ARG A=1 B=2\n# c\nARG C\n${FROM}ARG D E=1\n`],
    ["quotes and dollars", `${FROM}LABEL a="x y" b='$z' c=\\\\ d=\\"\n`],
    ["the old form of ENV", `${FROM}ENV a b  c\nENV\td\te\nMAINTAINER x\n`],
    ["stages", `FROM scratch AS One\nLABEL own=${newId()}\nfrom ONE as two\nLABEL a=1\nFROM\ttwo\n`],
    ["a line of the most that it reads", `${FROM}LABEL a=${"x".repeat(65_527)}\nLABEL b=1\n`],
    ["escapes that double at the end", `${FROM}LABEL a=1 b=\\\\\nLABEL c=1\n`],
    ["text that looks like flags", `${FROM}CMD a --b=c\n`],
  ])("%s", async (_what, text) => {
    const { steps, total, refused, failed } = await builder.build(text);
    expect({ refused, failed }).toEqual({ refused: undefined, failed: undefined });
    const { instructions } = parseDockerfile(text);
    expect(instructions.map(({ original }) => original)).toEqual(steps);
    expect(instructions).toHaveLength(total);
  });
});

describe("what the classic builder refuses to read is refused here", () => {
  it.each([
    ["nothing", ""],
    ["comments alone", "# a\n\n"],
    ["no FROM", "LABEL a=1\n"],
    ["an instruction before FROM", "LABEL a=1\nFROM scratch\n"],
    ["an unknown instruction", `${FROM}FOO\n`],
    ["a blank that parts no words", `${FROM}LABEL\u00a0a=1\n`],
    ["a byte order mark in the second line", `${FROM}\ufeffLABEL a=1\n`],
    ["two continued lines after a carriage return", `${FROM}LABEL a=1 \\\r\r\nb=1\n`],
    ["a strange escape", "# escape=x\nFROM scratch\n"],
    ["two escapes", "# escape=`\n# escape=`\nFROM scratch\n"],
    ["two words behind FROM", "FROM scratch as\n"],
    ["a stage's name that is a number", "FROM scratch as 1\n"],
    ["one argument of COPY", `${FROM}COPY a\n`],
    ["numbers in JSON", `${FROM}CMD ["a", 1]\n`],
    ["an ENV without a value", `${FROM}ENV a\n`],
    ["an ENV of which one has no value", `${FROM}ENV a=1 b\n`],
    ["an ARG without a name", `${FROM}ARG =1\n`],
    ["an empty volume", `${FROM}VOLUME [""]\n`],
    ["a SHELL that is no list", `${FROM}SHELL sh\n`],
    ["a HEALTHCHECK of another type", `${FROM}HEALTHCHECK x\n`],
    ["a longer line than it reads", `${FROM}LABEL a=${"x".repeat(65_528)}\n`],
    ["a comment that is too long", `${FROM}#${"x".repeat(70_000)}\n`],
    ["a network of a step", `${FROM}RUN --network=host true\n`],
    ["privileges", `${FROM}RUN --privileged true\n`],
    ["insecurity", `${FROM}RUN --security=insecure true\n`],
    ["a heredoc", `${FROM}RUN <<EOF\ntrue\nEOF\n`],
    ["links of layers", `${FROM}COPY --link a /\n`],
    ["a flag without =", `${FROM}COPY --from a b /\n`],
  ])("%s", async (_what, text) => {
    expect((await builder.build(text)).refused).toEqual(expect.any(String));
    expect(isRefused(text)).toBe(true);
  });
});

const PIECES = [
  ...["LABEL a=1", "label b", "=2", "RUN true", "ENV A 1", "FROM scratch", "FROM a AS b", "COPY a b", "ONBUILD RUN x"],
  ...["RUN <<EOF", "copy <<-'E O' <<B /", "EOF", "\tEOF", "E O", "B", "# c", "  #", "#", "# escape=`", "# syntax=x"],
  ...["\\", "\\ ", "\\\\", "`", "``", "\n", "\n\n", "\r\n", "\r", "\t", "\v", " ", "\u0085", "\u00a0", "\ufeff"],
  ...["'", '"', "$a", "${", "[", '["a"', "]", "--from=a", "--x", "x"],
];

it("no continuation, comment or heredoc hides from us what the classic builder runs", async () => {
  const pieces = fc.array(fc.tuple(fc.constantFrom(...PIECES), fc.constantFrom("\n", "", " \\\n", " ")), {
    maxLength: 14,
  });
  let read = 0;
  await fc.assert(
    fc.asyncProperty(pieces, async (soup) => {
      // It stops at the second instruction, but tells how many there are.
      const text = `FROM scratch\nCOPY nothing /\n${soup.flat().join("")}`;
      const { total, refused } = await builder.build(text);
      if (isRefused(text)) return;
      expect(refused).toBeUndefined();
      expect(parseDockerfile(text).instructions).toHaveLength(total);
      read += 1;
    }),
    { numRuns: 150 },
  );
  expect(read).toBeGreaterThan(10);
});
