import fc from "fast-check";
import { newId } from "../../../../base/ids.ts";
import { judge } from "../../policy/judge.ts";
import { parseDockerfile } from "../parse-dockerfile.ts";

/** Its own, so that no layer is shared with another build. */
export const FROM = `FROM scratch\nLABEL own=${newId()}\n`;

/** What the classic builder reads, and what is odd in it. */
export const READ: readonly (readonly [what: string, text: string])[] = [
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
];

/** What Dockerfiles are made of, and what is in the way of reading them. */
export const PIECES = [
  ...["LABEL a=1", "label b", "=2", "RUN true", "ENV A 1", "FROM scratch", "FROM a AS b", "COPY a b", "ONBUILD RUN x"],
  ...["RUN <<EOF", "copy <<-'E O' <<B /", "EOF", "\tEOF", "E O", "B", "# c", "  #", "#", "# escape=`", "# syntax=x"],
  ...["\\", "\\ ", "\\\\", "`", "``", "\n", "\n\n", "\r\n", "\r", "\t", "\v", " ", "\u0085", "\u00a0", "\ufeff"],
  ...["'", '"', "$a", "${", "[", '["a"', "]", "--from=a", "--x", "x"],
];

/** Texts that somebody may try. */
export function soups(pieces: readonly string[]): fc.Arbitrary<string> {
  const piece = fc.tuple(fc.constantFrom(...pieces), fc.constantFrom("\n", "", " \\\n", " "));
  return fc.array(piece, { maxLength: 14 }).map((soup) => soup.flat().join(""));
}

const OFF = { policy: { mode: "off", allowedRegistries: [], allowAddUrl: false }, buildArgs: {} } as const;

/** Refused whatever the administrator says. */
export function isRefused(text: string): boolean {
  return !judge(parseDockerfile(text), OFF).ok;
}
