import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { parseDockerfile } from "./parse-dockerfile.ts";

const read = (text: string): readonly string[] => parseDockerfile(text).instructions.map(({ original }) => original);
const told = (text: string): readonly string[] =>
  parseDockerfile(text).problems.map(({ line, rule, message }) => `${line} ${rule}: ${message}`);

describe("a Dockerfile", () => {
  it("is instructions with their lines, flags and arguments", () => {
    const text =
      "# c\nfrom --platform=linux/amd64 a:1 as B\n\nCOPY --chown='x y:z' --from=q \\\n  # c\n  a \\\n\n  b\nONBUILD run <<-E\n\tx\n\tE\nUSER u\n";
    const { instructions, stages } = parseDockerfile(text);
    expect(instructions).toMatchObject([
      { line: 2, endLine: 2, name: "FROM", args: "a:1 as B", flags: [{ name: "platform", value: "linux/amd64" }] },
      {
        ...{ line: 4, endLine: 8, name: "COPY", args: "a   b", original: "COPY --chown='x y:z' --from=q   a   b" },
        flags: [
          { name: "chown", value: "x y:z" },
          { name: "from", value: "q" },
        ],
      },
      { line: 9, endLine: 11, name: "ONBUILD", heredocs: ["E"], trigger: { name: "RUN", endLine: 11, args: "<<-E" } },
      { line: 12, endLine: 12, name: "USER" },
    ]);
    expect(stages).toMatchObject([{ name: "b", base: "a:1", from: { line: 2 } }]);
  });

  it("can hide nothing in a heredoc without an end", () => {
    expect(read("FROM a\nRUN cat <<EOF\nFROM b\n EOF\nUSER c")).toEqual([
      "FROM a",
      "RUN cat <<EOF",
      "FROM b",
      "EOF",
      "USER c",
    ]);
  });

  it.each([
    ["quoted and several", "RUN cat <<'A' 3<<\"B\"\nFROM x\nA\nFROM y\nB\nUSER u", ["A", "B"]],
    ["of CRLF", "RUN cat <<A\r\nFROM x\r\nA\r\nUSER u", ["A"]],
    ["behind a continuation", "RUN cat \\\n<<A\nx\nA\nUSER u", ["A"]],
  ])("has heredocs: %s", (_what, text, names) => {
    const { instructions } = parseDockerfile(`FROM a\n${text}`);
    expect(instructions.map(({ name }) => name)).toEqual(["FROM", "RUN", "USER"]);
    expect(instructions[1]?.heredocs).toEqual(names);
  });

  it.each([
    "RUN echo $((1 << 2))",
    "RUN cat <<<word",
    'RUN echo "<<A"',
    'RUN ["cat", "<<A"]',
    "CMD cat <<A",
    "RUN a << A",
  ])("has no heredoc: %s", (line) => {
    expect(parseDockerfile(`FROM a\n${line}\nUSER u`).instructions).toMatchObject([
      {},
      { heredocs: [] },
      { name: "USER" },
    ]);
  });

  const NOTHING = fc.constantFrom("", "", "\n", "# c\n", "  # c \\\n", " \t\n", "\n#\n\n");
  const BREAK = fc.tuple(fc.constantFrom("\\\n", "\\ \t\n", "\\\r\n"), NOTHING).map((parts) => parts.join(""));
  const WORD = fc
    .stringMatching(/^[a-zA-Z0-9=.,$"'/{}&|;#<>-]{1,8}$/)
    .filter((word) => !/^(?:#|--)|<<|["']/.test(word));
  const INSTRUCTION = fc.tuple(
    fc.constantFrom("RUN", "run", "Label", "CMD"),
    fc.array(WORD, { minLength: 1, maxLength: 5 }),
  );

  it("says the same however its lines are parted, commented and blank", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(INSTRUCTION, fc.array(BREAK, { minLength: 6, maxLength: 6 }), NOTHING)),
        (parts) => {
          const lines = parts.map(([[name, words], breaks, after]) => {
            const written = words.map((word, index) => `${breaks[index] ?? ""} ${word}`).join("");
            return { told: `${name} ${words.join(" ")}`, written: `${name}${written}\n${after}` };
          });
          const text = `FROM a\n${lines.map(({ written }) => written).join("")}`;
          expect(read(text)).toEqual(["FROM a", ...lines.map(({ told: one }) => one)]);
        },
      ),
    );
  });

  it("has an instruction on each line of its own", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 200 }), (noise) => {
        const { instructions } = parseDockerfile(noise);
        let last = 0;
        for (const { line, endLine } of instructions) {
          expect(line).toBeGreaterThan(last);
          expect(endLine).toBeGreaterThanOrEqual(line);
          last = endLine;
        }
      }),
    );
  });
});

describe("what is wrong is told with its line", () => {
  const INSTRUCTION = "is no instruction of a Dockerfile.";
  it.each([
    ["", "1 syntax: The Dockerfile has no instruction."],
    ["# only\n", "1 syntax: The Dockerfile has no instruction."],
    ["ARG A\n", "1 syntax: The Dockerfile has no FROM."],
    ["\nUSER a\nFROM b", "2 syntax: USER stands before the first FROM."],
    ["FROM a\nFETCH b", `2 syntax: FETCH ${INSTRUCTION}`],
    ["FROM a\nMIIEowIBAAKCAQEA2mX9\n", `2 syntax: What the line begins with ${INSTRUCTION}`],
    ["FROM a\nWOR\u212aDIR /b", `2 syntax: What the line begins with ${INSTRUCTION}`],
    ["FROM", "1 syntax: FROM: expected FROM IMAGE or FROM IMAGE AS NAME."],
    ["FROM a b", "1 syntax: FROM: expected FROM IMAGE or FROM IMAGE AS NAME."],
    ["FROM a AS b c", "1 syntax: FROM: expected FROM IMAGE or FROM IMAGE AS NAME."],
    [
      "FROM a AS 1",
      '1 syntax: FROM: expected a stage\'s name of a-z, 0-9, dash, dot and _, the first a letter (got "1").',
    ],
    ["FROM a AS b\nFROM c AS B", '2 syntax: Two stages have the name "b".'],
    ["FROM a\nRUN", "2 syntax: RUN: expected an argument, got none."],
    ["FROM a\nCOPY b", "2 syntax: COPY: expected a source and a place, got one of them."],
    ['FROM a\nADD ["b", 1]', "2 syntax: ADD: expected a list in JSON of texts alone."],
    ["FROM a\nENV b", "2 syntax: ENV: expected NAME=VALUE, each with a name."],
    ["FROM a\nENV b=1 c", "2 syntax: ENV: expected NAME=VALUE, each with a name."],
    ["FROM a\nARG =b", "2 syntax: ARG: expected NAME or NAME=VALUE."],
    ['FROM a\nVOLUME [" "]', "2 syntax: VOLUME: expected paths, got an empty one."],
    ["FROM a\nSHELL sh", '2 syntax: SHELL: expected a list in JSON, such as ["/bin/sh", "-c"].'],
    ["FROM a\nHEALTHCHECK curl x", "2 syntax: HEALTHCHECK: expected NONE, or CMD COMMAND."],
    [
      "FROM a\nONBUILD ONBUILD RUN b",
      "2 syntax: ONBUILD: expected another instruction than ONBUILD, FROM or MAINTAINER.",
    ],
    ["FROM a\nONBUILD FETCH b", `2 syntax: FETCH ${INSTRUCTION}`],
    ["# escape=x\nFROM a", '1 syntax: escape: expected \\ or ` (got "x").'],
    [
      "#\n# escape=`\nFROM a",
      "2 unsupported: Builders differ on whether `# escape=` counts when it is not the first line.",
    ],
    [
      "# syntax=a\n# escape=`\nFROM a",
      "2 unsupported: Builders differ on whether `# escape=` counts when it is not the first line.",
    ],
    [
      "FROM a\nRUN b \\\\\nUSER c",
      "2 unsupported: Builders differ on whether a line that ends with \\\\ goes on in the next one.",
    ],
    [
      "FROM a\nCOPY --fr\\om=b c d",
      "2 unsupported: Builders differ on the flags of this COPY: an escape, or a character beyond ASCII, is in them.",
    ],
    [
      "FROM a\nCOPY --chown=à c d",
      "2 unsupported: Builders differ on the flags of this COPY: an escape, or a character beyond ASCII, is in them.",
    ],
  ])("%j", (text, message) => {
    expect(told(text)).toEqual([message]);
  });

  it("a line that the builder does not read", () => {
    expect(told(`FROM a\nRUN ${"é".repeat(40_000)}`)).toEqual([
      "2 syntax: The line has 80004 bytes; the builder reads at most 65535.",
    ]);
  });

  it("more instructions than any image has", () => {
    expect(told(`FROM a\n${"USER b\n".repeat(20_000)}`)).toEqual([
      "20001 unsupported: The Dockerfile has more than 20000 instructions.",
    ]);
  });

  it("nothing is wrong with what many write", () => {
    expect(
      told(
        'FROM a\nHEALTHCHECK --interval=5s CMD ["x"]\nHEALTHCHECK NONE\nENV a b\nLABEL a="b c" d=e\nRUN ["x"] y\nARG A B=1\n',
      ),
    ).toEqual([]);
  });
});

describe("a text of 1 MiB is read at once, whatever is in it", () => {
  const MIB = 1024 * 1024;
  const filled = (piece: string): string => piece.repeat(Math.floor(MIB / piece.length));
  it.each([
    ["continuations", filled("a \\\n")],
    ["comments in a continuation", `RUN \\\n${filled("# c\n")}`],
    ["heredocs without an end", Array.from({ length: 60_000 }, (_, index) => `RUN <<E${index}`).join("\n")],
    ["many heredocs on a line", `RUN ${filled("<<E ")}`],
    ["heredocs", filled("RUN <<E\nE\n")],
    ["blanks", filled(" ")],
    ["blanks and a word", `${filled(" ")}x`],
    ["blank lines", filled(" \n")],
    ["quotes", `ENV ${filled("'\"")}`],
    ["ONBUILD", filled("ONBUILD ")],
    ["flags", `RUN ${filled("--a=b ")}`],
    ["brackets", `CMD ${filled("[")}`],
    ["stages", filled("FROM a AS b\n")],
    ["escapes", filled("\\ ")],
    ["directives", filled("# syntax=a\n")],
    ["unclear ends", filled("\\\\\n")],
    ["unknown instructions", filled("a\n")],
  ])("%s", (_what, text) => {
    const { instructions, problems } = parseDockerfile(text);
    expect(instructions.length + problems.length).toBeGreaterThan(0);
  });
});
