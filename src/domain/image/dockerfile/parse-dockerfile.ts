import { cutFirst, trim } from "./blanks.ts";
import { checkInstruction } from "./check-instruction.ts";
import { readDirectives } from "./directives.ts";
import type { Dockerfile, Instruction, Lines, Problem } from "./dockerfile.ts";
import { readFlags } from "./flags.ts";
import { heredocsOf, type Heredoc } from "./heredocs.ts";
import { LineReader } from "./line-reader.ts";
import { stagesOf } from "./stages.ts";
import type { Escape } from "./words.ts";

/** No image has so many; each of them takes time. */
const MAX_INSTRUCTIONS = 20_000;

/**
 * Reads a Dockerfile as the classic builder does. What newer builders read in another way, or builders among one
 * another, is a problem, so that what is judged is what is built. Takes time in proportion to the text's length.
 */
export function parseDockerfile(text: string): Dockerfile {
  const lines = text.replace(/^\ufeff/, "").split("\n");
  const { escape, directives, problems: ofHead } = readDirectives(lines);
  const reader = new LineReader(lines, escape);
  const problems: Problem[] = [];
  const instructions: Instruction[] = [];
  for (let logical = reader.next(); logical !== undefined; logical = reader.next()) {
    if (instructions.length === MAX_INSTRUCTIONS) {
      problems.push(tooMany(logical));
      break;
    }
    const read = readInstruction(logical.text, logical, escape);
    for (const { name, chomps } of read.heredocs) reader.skipHeredoc(name, chomps);
    const instruction = withEnd(read, reader.line);
    instructions.push(instruction);
    problems.push(...read.problems, ...checkInstruction(instruction, escape));
  }
  const { stages, problems: ofStages } = stagesOf(instructions);
  const all = [...ofHead, ...reader.problems, ...problems, ...ofStages];
  return { escape, directives, instructions, stages, problems: all };
}

function tooMany({ line, endLine }: Lines): Problem {
  const message = `The Dockerfile has more than ${MAX_INSTRUCTIONS} instructions.`;
  return { line, endLine, rule: "unsupported", message, fix: "Join them, or COPY files and RUN what is in them." };
}

type Read = {
  readonly instruction: Instruction;
  readonly heredocs: readonly Heredoc[];
  readonly problems: readonly Problem[];
};

function readInstruction(text: string, { line, endLine }: Lines, escape: Escape): Read {
  const read = readOne(text, { line, endLine }, escape);
  const { name, args } = read.instruction;
  if (name !== "ONBUILD" || args === "") return read;
  const kept = readOne(args, { line, endLine }, escape);
  return {
    instruction: { ...read.instruction, heredocs: kept.instruction.heredocs, trigger: kept.instruction },
    heredocs: kept.heredocs,
    problems: [...read.problems, ...kept.problems],
  };
}

function readOne(text: string, lines: Lines, escape: Escape): Read {
  const original = trim(text);
  const [word, rest = ""] = cutFirst(original);
  // Beyond ASCII there are letters that become some of ASCII in lower case; no builder's manual knows them.
  const name = /^[a-z]+$/i.test(word) ? word.toUpperCase() : word;
  const { flags, rest: behind, unclear } = readFlags(rest);
  const args = trim(behind);
  const heredocs = heredocsOf(name, args, escape);
  const instruction = { ...lines, name, flags, args, original, heredocs: heredocs.map((heredoc) => heredoc.name) };
  const problem = {
    ...lines,
    rule: "unsupported" as const,
    message: `Builders differ on the flags of this ${name}: an escape, or a character beyond ASCII, is in them.`,
    fix: "Write the flags in plain letters.",
  };
  return { instruction, heredocs, problems: unclear ? [problem] : [] };
}

function withEnd({ instruction }: Read, endLine: number): Instruction {
  const { trigger } = instruction;
  return { ...instruction, endLine, ...(trigger === undefined ? {} : { trigger: { ...trigger, endLine } }) };
}
