import fc from "fast-check";
import { afterAll, describe, expect, it } from "vitest";
import { ClassicBuilder } from "../../../../test/fixtures/classic-builder.ts";
import { parseDockerfile } from "./parse-dockerfile.ts";
import { FROM, isRefused, PIECES, READ, soups } from "./testing/odd-dockerfiles.ts";

const builder = new ClassicBuilder();
afterAll(() => builder[Symbol.asyncDispose]());

describe("the instructions are those that the classic builder runs", () => {
  it.each(READ)("%s", async (_what, text) => {
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

it("no continuation, comment or heredoc hides from us what the classic builder runs", async () => {
  let read = 0;
  await fc.assert(
    fc.asyncProperty(soups(PIECES), async (soup) => {
      // It stops at the second instruction, but tells how many there are.
      const text = `FROM scratch\nCOPY nothing /\n${soup}`;
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
