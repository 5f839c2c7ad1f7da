import { splitWords } from "./blanks.ts";
import type { Instruction, Problem, Stage } from "./dockerfile.ts";

type Stages = { readonly stages: readonly Stage[]; readonly problems: readonly Problem[] };

/** The stages of a Dockerfile, and what is wrong with their order and names. */
export function stagesOf(instructions: readonly Instruction[]): Stages {
  const stages: Stage[] = [];
  const problems: Problem[] = [];
  const names = new Set<string>();
  for (const instruction of instructions) {
    const { line, endLine } = instruction;
    const problem = (message: string, fix: string): void => {
      problems.push({ line, endLine, rule: "syntax", message, fix });
    };
    if (instruction.name === "FROM") {
      const [base = "", , stage] = splitWords(instruction.args);
      const name = stage?.toLowerCase();
      if (name !== undefined && names.has(name)) {
        problem(`Two stages have the name ${JSON.stringify(name.slice(0, 40))}.`, "Give each stage a name of its own.");
      }
      if (name !== undefined) names.add(name);
      stages.push({ name, from: instruction, base });
    } else if (stages.length === 0 && instruction.name !== "ARG" && problems.length === 0) {
      problem(
        `${/^[A-Z]{1,20}$/.test(instruction.name) ? instruction.name : "Something"} stands before the first FROM.`,
        "Begin with FROM IMAGE; only ARG may be before it.",
      );
    }
  }
  if (stages.length === 0) {
    const message = instructions.length === 0 ? "The Dockerfile has no instruction." : "The Dockerfile has no FROM.";
    problems.push({
      line: 1,
      endLine: 1,
      rule: "syntax",
      message,
      fix: "Begin with FROM IMAGE, such as FROM python:3.11-slim.",
    });
  }
  return { stages, problems };
}
